/**
 * Every way in which airkit can fail on a user, by stable name. Codes are API: messages may change, codes do not.
 * `cli/` maps them to exit codes (README, exit codes).
 */
export type ErrorCode =
  // What was asked for cannot be done as asked.
  | 'USAGE'
  | 'SPEC_INVALID'
  | 'REFERENCE_INVALID'
  | 'NO_MATCH'
  | 'NAME_COLLISION'
  | 'PLATFORM_MISSING'
  | 'LOCK_STALE'
  | 'OUTPUT_EXISTS'
  | 'OUTPUT_BUSY'
  | 'UNSUPPORTED'
  | 'KEY_INVALID'
  // A source, target or disk failed.
  | 'SOURCE_FAILED'
  | 'TARGET_FAILED'
  | 'DISK_FAILED'
  | 'NO_SPACE'
  | 'ARCHIVE_MALFORMED'
  | 'CONTENT_INVALID'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'BLOB_MISSING'
  | 'CACHE_DAMAGED'
  // The kit is not what its signer made, or nobody trusted signed it.
  | 'VERIFICATION_FAILED'
  // Some images are where they should be, others are not.
  | 'PARTLY_DONE';

export type ErrorContext = Readonly<Record<string, string | number>>;

/** One of several things found wrong at once: in a bundles file, in a kit, with one image of many. */
export interface Problem {
  /** Stable name, such as `UNKNOWN_KEY` or `SPEC_INVALID`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The file, member, reference or digest it is about. */
  readonly subject?: string | undefined;
  /** The image, where `subject` is the file that asks for it. */
  readonly reference?: string | undefined;
  /** 1-based place in the text file `subject`. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** A few lines of the file with a marker under the place. */
  readonly frame?: string | undefined;
  readonly hint?: string | undefined;
}

export interface AirkitErrorOptions {
  /** What the person should do next, as a sentence. */
  readonly hint?: string | undefined;
  /**
   * Where it happened: `path`, `reference`, `digest`, `line`, … Never credentials. `unreachable` names a registry or
   * engine that does not answer at all, so that no single image is to blame.
   */
  readonly context?: ErrorContext | undefined;
  /** All that was found, where more than one thing can be wrong at once. */
  readonly problems?: readonly Problem[] | undefined;
  readonly cause?: unknown;
}

/** The only error class that airkit throws on purpose. Anything else that escapes is a bug in airkit. */
export class AirkitError extends Error {
  override readonly name = 'AirkitError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly context: ErrorContext;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, options: AirkitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.context = options.context ?? {};
    this.problems = options.problems ?? [];
  }
}

/** True for errors of airkit's own class, optionally of one of the given codes. */
export function isAirkitError(error: unknown, ...codes: ErrorCode[]): error is AirkitError {
  return error instanceof AirkitError && (codes.length === 0 || codes.includes(error.code));
}

/** Text of any thrown value, for use inside another message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
