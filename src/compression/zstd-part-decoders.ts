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
  let stream: zlib.Gunzip | undefined;
  let ready: Uint8Array[] = [];
  const takeReady = (): Uint8Array => {
    const bytes = joinBytes(ready);
    ready = [];
    return bytes;
  };
  const start = (): zlib.Gunzip => {
    const opened = open({ chunkSize: OUTPUT_CHUNK_BYTES });
    // Flowing: at most a block comes out of a part, so nothing piles up. Errors reach the part's own listener too.
    opened.on('data', (chunk: Uint8Array) => ready.push(chunk)).on('error', () => undefined);
    stream = opened;
    return opened;
  };
  const decode = async ({ bytes, isFirst, isLast }: ZstdFramePart): Promise<Uint8Array> => {
    const current = isFirst || stream === undefined ? start() : stream;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(decodingError('zstd', error));
      const done = (): void => {
        current.off('error', fail);
        resolve(takeReady());
      };
      current.on('error', fail);
      if (isLast) current.once('end', done).end(bytes);
      else current.write(bytes, done);
    });
  };
  return { decode, close: () => stream?.destroy() };
}

/**
 * fzstd reads matches from 96 MiB back and more wrongly and says nothing (its pull request 22), so frames whose window
 * lets that happen are refused. It does not look at a frame's xxh64 content checksum; callers compare digests anyway.
 */
const FZSTD_MAX_WINDOW = 2 ** 26;

async function fzstdPartDecoder(): Promise<ZstdPartDecoder> {
  const fzstd = await import('fzstd');
  let stream: Decompress | undefined;
  let ready: Uint8Array[] = [];
  const decode = async ({ header, bytes, isFirst, isLast }: ZstdFramePart): Promise<Uint8Array> => {
    if (isFirst) {
      if (header.windowSize > FZSTD_MAX_WINDOW) throw windowTooLarge(header.windowSize);
      stream = new fzstd.Decompress((chunk) => ready.push(chunk));
    }
    ready = [];
    decoding('zstd', () => stream?.push(bytes, isLast));
    return joinBytes(ready);
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
