import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as createPack } from 'tar-stream';

/** A file to be streamed; its size must be known, in bytes. */
export interface TarInput {
  readonly name: string;
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Streams a tar of files for an engine to read: no owner, no time. The stream is destroyed with the error of a body that
 * fails, so that what reads it never sees a complete archive.
 */
export function packTar(files: AsyncIterable<TarInput>): Readable {
  const pack = createPack();
  const feed = async (): Promise<void> => {
    for await (const { name, size, body } of files) {
      const header = {
        name,
        size,
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: new Date(0),
        type: 'file' as const,
      };
      await pipeline(body, pack.entry(header));
    }
    pack.finalize();
  };
  feed().catch((error: unknown) => {
    pack.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(pack, { objectMode: false, highWaterMark: 1024 * 1024 });
}
