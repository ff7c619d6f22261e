import type { ErrorCode } from '../index.ts';

/** Exit codes are API (README, exit codes). */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  failed: 3,
  notVerified: 4,
  partly: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit code that an error's code stands for. */
export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[code];
}

const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  USAGE: EXIT.usage,
  SPEC_INVALID: EXIT.usage,
  REFERENCE_INVALID: EXIT.usage,
  NO_MATCH: EXIT.usage,
  NAME_COLLISION: EXIT.usage,
  PLATFORM_MISSING: EXIT.usage,
  LOCK_STALE: EXIT.usage,
  OUTPUT_EXISTS: EXIT.usage,
  OUTPUT_BUSY: EXIT.usage,
  UNSUPPORTED: EXIT.usage,
  KEY_INVALID: EXIT.usage,
  SOURCE_FAILED: EXIT.failed,
  TARGET_FAILED: EXIT.failed,
  DISK_FAILED: EXIT.failed,
  NO_SPACE: EXIT.failed,
  ARCHIVE_MALFORMED: EXIT.failed,
  CONTENT_INVALID: EXIT.failed,
  DIGEST_MISMATCH: EXIT.failed,
  SIZE_MISMATCH: EXIT.failed,
  BLOB_MISSING: EXIT.failed,
  CACHE_DAMAGED: EXIT.failed,
  VERIFICATION_FAILED: EXIT.notVerified,
  PARTLY_DONE: EXIT.partly,
};
