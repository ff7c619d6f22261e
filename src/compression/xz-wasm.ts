import { AirkitError } from '../errors.ts';

/** The functions of xz-embedded as `xz-decompress` compiles them to WebAssembly. `context` is a pointer. */
interface XzWasm {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly create_context: () => number;
  readonly destroy_context: (context: number) => void;
  /** No bytes mean the end of the input. */
  readonly supply_input: (context: number, size: number) => void;
  /** Decodes until the output buffer is full or the input used up; returns a code of enum xz_ret (xz.h). */
  readonly get_next_output: (context: number) => number;
}

/** One xz decoder; `close` gives its memory back. */
export interface XzDecoder {
  /** Bytes of input that {@link XzDecoder.supply} takes at most. */
  readonly inputBytes: number;
  readonly isHungry: () => boolean;
  /** Only while hungry. An empty piece means the end of the input. */
  readonly supply: (piece: Uint8Array) => void;
  readonly decode: () => { readonly code: number; readonly decoded: Uint8Array };
  readonly close: () => void;
}

// Offsets of 32-bit words in a context.
const BUFFER_BYTES = 0;
const INPUT_AT = 1;
const INPUT_POSITION = 2;
const INPUT_SIZE = 3;
const OUTPUT_AT = 4;
const OUTPUT_SIZE = 5;
const WORDS = 6;

/**
 * Opens a decoder. It uses what the package's own stream class is made of, as that class lets only one stream of the
 * whole process run at a time; hence the exact version in package.json.
 */
export async function openXzDecoder(): Promise<XzDecoder> {
  const wasm = await loadXzWasm();
  const context = wasm.create_context();
  // Memory may have grown, which leaves every older view empty.
  const words = (): Uint32Array => new Uint32Array(wasm.memory.buffer, context, WORDS);
  const word = (index: number): number => words()[index] ?? 0;
  return {
    inputBytes: word(BUFFER_BYTES),
    isHungry: () => word(INPUT_POSITION) === word(INPUT_SIZE),
    supply: (piece) => {
      new Uint8Array(wasm.memory.buffer).set(piece, word(INPUT_AT));
      wasm.supply_input(context, piece.byteLength);
    },
    decode: () => {
      const code = wasm.get_next_output(context);
      const start = word(OUTPUT_AT);
      const decoded = new Uint8Array(wasm.memory.buffer).slice(start, start + word(OUTPUT_SIZE));
      words()[OUTPUT_SIZE] = 0;
      return { code, decoded };
    },
    close: () => wasm.destroy_context(context),
  };
}

interface XzReadableStreamClass {
  readonly _getModuleInstance?: () => Promise<void>;
  readonly _moduleInstance?: { readonly exports: unknown };
}

let loading: Promise<XzWasm> | undefined;

async function loadXzWasm(): Promise<XzWasm> {
  loading ??= instantiate();
  return loading;
}

async function instantiate(): Promise<XzWasm> {
  const { default: xz } = await import('xz-decompress');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package's types leave these two members out
  const stream = xz.XzReadableStream as unknown as XzReadableStreamClass;
  await stream['_getModuleInstance']?.();
  const wasm = stream['_moduleInstance']?.exports;
  if (wasm === undefined) {
    throw new AirkitError('UNSUPPORTED', 'this version of xz-decompress is not the one asked for', {
      hint: 'Install airkit again with its own lock file, or decompress the file with xz.',
    });
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- exports of WebAssembly have no static type
  return wasm as XzWasm;
}
