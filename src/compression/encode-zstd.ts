import { Buffer } from 'node:buffer';
import { AirkitError } from '../errors.ts';
import { loadNativeZstd, NATIVE_ZSTD } from './native-zstd.ts';

/** Bytes of input per zstd frame. Changing it, the level or the package changes every digest. */
export const ZSTD_FRAME_BYTES: number = 8 * 1024 * 1024;
const LEVEL = 3;

/** Names all that decides over the encoded bytes. */
export const ZSTD_ENCODER_ID: string = `zstd-${LEVEL}-8MiB/${NATIVE_ZSTD}`;

/**
 * Loads the encoder of one zstd frame (RFC 8878 §3.1.1). It writes neither content size nor checksum.
 *
 * @returns input of up to {@link ZSTD_FRAME_BYTES} bytes → one whole frame
 * @throws AirkitError UNSUPPORTED where the native package has no binary for this machine
 */
export async function loadZstdFrameEncoder(): Promise<(chunk: Uint8Array) => Promise<Uint8Array>> {
  const native = await loadNativeZstd();
  if (native instanceof Error) {
    throw new AirkitError('UNSUPPORTED', 'there is no zstd encoder for this machine', {
      hint: 'Write `layers: gzip` under `output` in the bundles file.',
      context: { encoder: ZSTD_ENCODER_ID },
      cause: native,
    });
  }
  const encoder = new native.Encoder(LEVEL);
  return (chunk) => encoder.encode(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
}
