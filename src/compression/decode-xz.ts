import { AirkitError } from '../errors.ts';
import { readBytes, type ByteReader } from './byte-reader.ts';
import { decoding, invalidStream, truncatedStream } from './compression-error.ts';
import { openXzDecoder, type XzDecoder } from './xz-wasm.ts';

/** enum xz_ret of xz-embedded's xz.h. */
const OK = 0;
const STREAM_END = 1;
const UNSUPPORTED = new Set([2, 4, 6]); // check, dictionary above 64 MiB, filter
const BUF_ERROR = 8;

/**
 * Decodes one or more xz streams with padding between them (xz-file-format 1.2 §2), CRC32 and CRC64 checked, on this
 * thread.
 *
 * @throws AirkitError CONTENT_INVALID; UNSUPPORTED for SHA-256 checks, filters but LZMA2, dictionaries above 64 MiB
 */
export async function* decodeXz(
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const reader = readBytes(chunks);
  const decoder = await openXzDecoder();
  try {
    yield* decodeAll(reader, decoder);
  } finally {
    decoder.close();
  }
}

async function* decodeAll(
  reader: ByteReader,
  decoder: XzDecoder,
): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    if (decoder.isHungry()) decoder.supply(await reader.takeSome(decoder.inputBytes));
    const { code, decoded } = decoding('xz', decoder.decode);
    if (code === OK || code === STREAM_END) yield decoded;
    if (code === STREAM_END) return; // of the whole input: reported only after its end was supplied
    if (code !== OK) throw decodeError(code);
  }
}

function decodeError(code: number): AirkitError {
  if (code === BUF_ERROR) return truncatedStream('xz');
  if (!UNSUPPORTED.has(code)) return invalidStream('xz', `it is damaged (xz code ${code})`);
  return new AirkitError('UNSUPPORTED', `xz stream: it uses what airkit cannot decode (${code})`, {
    hint: 'Decompress the file with xz, or compress it with its default settings.',
  });
}
