import { isAirkitError } from '../../errors.ts';

/**
 * What a target holds under a digest. A registry whose disk was full may have written a record of that name by half, and then
 * answers 500 for it for ever: that counts as nothing, since content that is sent again puts it right and can be no other.
 *
 * @param asked by digest, never by tag: what a name stood for must not be forgotten
 * @returns undefined also for what the registry cannot tell
 * @throws what is thrown there otherwise
 */
export async function unlessHalfWritten<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isAirkitError(error, 'TARGET_FAILED') && error.context['status'] === 500) return undefined;
    throw error;
  }
}
