/** What an operation tells while it runs. Listeners are called synchronously and must return at once. */
export type ProgressEvent =
  /** A phase begins; `bytes` is what it will move, where that is known. */
  | { readonly kind: 'phase'; readonly phase: Phase; readonly bytes?: number | undefined }
  /** Bytes moved in the phase since the last such event. */
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** The phase will move so many more bytes than was told; fewer, where negative: they are there already. */
  | { readonly kind: 'expected'; readonly bytes: number }
  | {
      readonly kind: 'warning';
      readonly message: string;
      readonly hint?: string | undefined;
      /** True when the error that may end the operation tells it again. Default false. */
      readonly isFailure?: boolean | undefined;
    };

export type Phase =
  | 'receive'
  | 'read'
  | 'list'
  | 'export'
  | 'write'
  | 'read-back'
  | 'verify'
  | 'load'
  | 'copy';

/** The last parameter of everything that does I/O. */
export interface OperationOptions {
  /** Stops the operation; what it then throws is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Blobs or requests in flight at once. Default 4. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
}

/** A stream of bytes: chunks are never empty and belong to the consumer. */
export type ByteStream = AsyncIterable<Uint8Array>;
