import { sep } from 'node:path';
import { isAirkitError, messageOf, type AirkitError } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { SelectorPosition } from '../spec/bundles-file.ts';

/** What one call is about. */
export interface FailureSubject {
  /** The image; of a selector that could not be read, its text; of one that chose nothing, its pattern. */
  readonly reference: string;
  /** Of the selector that asks for it. */
  readonly position?: SelectorPosition | undefined;
  /** True for a whole medium, so that its failure is no single image's. Default false. */
  readonly isSource?: boolean | undefined;
}

/**
 * `image` can be left out of a kit. `source` is a medium that cannot be read at all, and `mistake` something that only
 * another bundles file or setting mends; neither is ever an image's own.
 */
export type FailureExtent = 'image' | 'source' | 'mistake';

/** Why an image, or all of a source, cannot be had. */
export interface ImageFailure extends FailureSubject {
  readonly extent: FailureExtent;
  readonly error: AirkitError;
}

/** Failures of images, noted so that the other images are still attempted. */
export interface FailureLog {
  readonly all: readonly ImageFailure[];
  /** Whose a failure is. @throws what is nobody's own: cancellation, a full disk, damage in the cache, bugs */
  extentOf(subject: FailureSubject, error: unknown): FailureExtent;
  /** Notes a failure. @throws as `extentOf` does */
  note(subject: FailureSubject, error: unknown): void;
  /** What `call` gives; undefined when it fails, which is then noted. @throws as `extentOf` does */
  attempt<Result>(
    subject: FailureSubject,
    call: () => Promise<Result>,
  ): Promise<Result | undefined>;
}

/**
 * Opens an empty log. Failures are told as warnings when they are noted, since what goes on may take hours; what is
 * unreachable is told once.
 *
 * @param ownFolder where sources put what they bring: a disk that fails there fails everything
 */
export function openFailureLog(
  ownFolder: string,
  { onProgress, signal }: OperationOptions = {},
): FailureLog {
  const all: ImageFailure[] = [];
  const note = (subject: FailureSubject, error: unknown): void => {
    signal?.throwIfAborted();
    const failure = failureOf({ subject, error, ownFolder });
    if (all.some((one) => isSame(one, failure))) return;
    const { code, context } = failure.error;
    const place = context['unreachable'];
    const isTold = all.some((one) => one.error.context['unreachable'] === place);
    all.push(failure);
    if (place !== undefined && isTold) return;
    const message = `${describeFailure(failure)} (${code}); going on`;
    onProgress?.({ kind: 'warning', message, isFailure: true });
  };
  return {
    all,
    extentOf: (subject, error) => failureOf({ subject, error, ownFolder }).extent,
    note,
    attempt: async (subject, call) => {
      try {
        return await call();
      } catch (error) {
        note(subject, error);
        return undefined;
      }
    },
  };
}

/** The failure's message, which names what it is about. */
export function describeFailure({ reference, error }: ImageFailure): string {
  const message = messageOf(error);
  const [repository = reference] = /^[^@]*?(?=(?::[^/]*)?(?:@|$))/.exec(reference) ?? [];
  const short = reference.replace(/^docker\.io\/(library\/)?/, '');
  if (message.includes(short)) return message;
  // Registries tell of repositories: the tag makes it the image.
  const place = `${repository}: `;
  return `${reference}: ${message.startsWith(place) ? message.slice(place.length) : message}`;
}

interface Judged {
  readonly subject: FailureSubject;
  readonly error: unknown;
  readonly ownFolder: string;
}

function failureOf({ subject, error, ownFolder }: Judged): ImageFailure {
  if (!isAirkitError(error) || isNobodys(error, ownFolder)) throw error;
  return { ...subject, error, extent: extentOf(subject, error) };
}

function isNobodys({ code, context }: AirkitError, ownFolder: string): boolean {
  const path = context['path'];
  const isOwn = typeof path === 'string' && path.startsWith(`${ownFolder}${sep}`);
  const isOwnDisk = code === 'NO_SPACE' || (code === 'DISK_FAILED' && isOwn);
  // A machine without an encoder encodes no image at all.
  return isOwnDisk || code === 'CACHE_DAMAGED' || context['encoder'] !== undefined;
}

function extentOf({ isSource }: FailureSubject, error: AirkitError): FailureExtent {
  const { code, context } = error;
  if (code === 'USAGE' || code === 'NAME_COLLISION') return 'mistake';
  return isSource === true || context['unreachable'] !== undefined ? 'source' : 'image';
}

function isSame(a: ImageFailure, b: ImageFailure): boolean {
  return (
    a.reference === b.reference &&
    a.error.code === b.error.code &&
    messageOf(a.error) === messageOf(b.error)
  );
}
