import * as zlib from 'node:zlib';
import type { Decompress } from 'fzstd';
import { AirkitError } from '../errors.ts';
import { joinBytes } from './byte-reader.ts';
import { decoding, decodingError } from './compression-error.ts';
import type { ZstdFramePart } from './zstd-frames.ts';

/** Decodes large frames part by part. Calls come in the order of the stream; they may overlap. */
export interface ZstdPartDecoder {
  /** @returns the bytes that are ready; those of a frame's last part complete the frame */
  readonly decode: (part: ZstdFramePart) => Promise<Uint8Array>;
  readonly close: () => void;
}

/** Node's own decoder where it has one (22.15 and later), else fzstd, which is JavaScript and four times slower. */
export async function openZstdPartDecoder(): Promise<ZstdPartDecoder> {
  // The types of Node 20, the oldest that airkit runs on, do not know it.
  if ('createZstdDecompress' in zlib && typeof zlib.createZstdDecompress === 'function') {
    const open: unknown = zlib.createZstdDecompress;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as Node's documentation describes it
    return nodePartDecoder(open as OpenStream);
  }
  return fzstdPartDecoder();
}

type OpenStream = (options: { chunkSize: number }) => zlib.Gunzip;

const OUTPUT_CHUNK_BYTES = 256 * 1024;

/**
 * One stream per frame. Node stops at the end of a frame and, in some versions, takes a cut off frame for a whole one;
 * neither matters here, as the parts of exactly one whole frame go in.
 */
function nodePartDecoder(open: OpenStream): ZstdPartDecoder {
  let frame: OpenFrame | undefined;
  const decode = async (part: ZstdFramePart): Promise<Uint8Array> => {
    if (part.isFirst || frame === undefined) frame = openFrame(open);
    return decodePart(frame, part);
  };
  return { decode, close: () => frame?.stream.destroy() };
}

interface OpenFrame {
  readonly stream: zlib.Gunzip;
  /** What has come out since it was last taken. */
  readonly ready: Uint8Array[];
}

function openFrame(open: OpenStream): OpenFrame {
  const stream = open({ chunkSize: OUTPUT_CHUNK_BYTES });
  const ready: Uint8Array[] = [];
  // Flowing: at most a block comes out of a part, so nothing piles up. Errors reach the part's own listener too.
  stream.on('data', (chunk: Uint8Array) => ready.push(chunk)).on('error', () => undefined);
  return { stream, ready };
}

async function decodePart(
  { stream, ready }: OpenFrame,
  { bytes, isLast }: ZstdFramePart,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(decodingError('zstd', error));
    const done = (): void => {
      stream.off('error', fail);
      resolve(joinBytes(ready.splice(0)));
    };
    stream.on('error', fail);
    if (isLast) stream.once('end', done).end(bytes);
    else stream.write(bytes, done);
  });
}

/**
 * fzstd reads matches from 96 MiB back and more wrongly and says nothing (its pull request 22). So where the window is
 * larger than this, no frame may become so. In bytes.
 */
const FZSTD_MAX_REACH = 2 ** 26;

/** fzstd does not look at a frame's xxh64 content checksum; callers compare digests anyway. */
async function fzstdPartDecoder(): Promise<ZstdPartDecoder> {
  const fzstd = await import('fzstd');
  let stream: Decompress | undefined;
  let ready: Uint8Array[] = [];
  let decodedBytes = 0; // of the frame so far
  const decode = async ({ header, bytes, ...part }: ZstdFramePart): Promise<Uint8Array> => {
    if (part.isFirst) {
      stream = new fzstd.Decompress((chunk) => ready.push(chunk));
      decodedBytes = 0;
    }
    const reach = Math.min(header.windowSize, header.contentSize ?? decodedBytes);
    if (reach > FZSTD_MAX_REACH) throw windowTooLarge(header.windowSize);
    ready = [];
    decoding('zstd', () => stream?.push(bytes, part.isLast));
    const decoded = joinBytes(ready);
    decodedBytes += decoded.byteLength;
    return decoded;
  };
  return { decode, close: () => undefined };
}

function windowTooLarge(windowSize: number): AirkitError {
  return new AirkitError(
    'UNSUPPORTED',
    `zstd stream: on this version of Node.js, airkit cannot decode a window of ${windowSize} bytes`,
    {
      hint: 'Run airkit on Node.js 22.15 or later, or compress it again without `--long`.',
      context: { windowSize },
    },
  );
}
