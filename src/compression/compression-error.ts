import { AirkitError, messageOf } from '../errors.ts';
import type { Compression } from './compression.ts';

/** CONTENT_INVALID for bytes that are not what their compression's format says. */
export function invalidStream(
  compression: Compression,
  what: string,
  cause?: unknown,
): AirkitError {
  return new AirkitError('CONTENT_INVALID', `${compression} stream: ${what}`, {
    context: { compression },
    cause,
  });
}

/** CONTENT_INVALID for a stream that stops before its end. */
export function truncatedStream(compression: Compression, cause?: unknown): AirkitError {
  return invalidStream(compression, 'it is cut off', cause);
}

/**
 * Runs one call of a decoder; what it throws becomes CONTENT_INVALID with that cause. Never wrap the reading of the
 * source in it: a failed disk is not invalid content.
 */
export function decoding<T>(compression: Compression, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw decodingError(compression, error);
  }
}

/** The CONTENT_INVALID that stands for what a decoder threw. An AirkitError stays what it is. */
export function decodingError(compression: Compression, error: unknown): AirkitError {
  if (error instanceof AirkitError) return error;
  return invalidStream(compression, messageOf(error), error);
}
