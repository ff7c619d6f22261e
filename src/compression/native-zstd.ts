import type { Decoder as DecoderClass, Encoder as EncoderClass } from '@toondepauw/node-zstd';

/** The two classes of `@toondepauw/node-zstd` that airkit uses. Calls run on the libuv thread pool. */
export interface NativeZstd {
  readonly Decoder: typeof DecoderClass;
  readonly Encoder: typeof EncoderClass;
}

/** The package and version whose output is pinned; package.json asks for exactly this one. */
export const NATIVE_ZSTD = '@toondepauw/node-zstd@1.2.0';

/** Loads the native package; where it, or its binary for this machine, is absent, the result is the load error. */
export async function loadNativeZstd(): Promise<NativeZstd | Error> {
  try {
    const { Decoder, Encoder } = await import('@toondepauw/node-zstd');
    return { Decoder, Encoder };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
