import { isAirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ContentReader } from './content.ts';
import { missingBlob } from './blob-folder.ts';
import type { OperationOptions } from './operation.ts';

/** The first of several media that holds a blob, in the size expected; undefined when none does. */
export async function holderOf<Reader extends ContentReader>(
  readers: readonly Reader[],
  target: Descriptor,
  options?: OperationOptions,
): Promise<Reader | undefined> {
  for (const reader of readers) if (await holds(reader, target, options)) return reader;
  return undefined;
}

/** Several media as one: each blob comes from the first that holds it. */
export function firstHolding(readers: readonly ContentReader[]): ContentReader {
  return {
    has: async (target, options) => (await holderOf(readers, target, options)) !== undefined,
    fetch: async function* (target, options) {
      const reader = await holderOf(readers, target, options);
      if (reader === undefined) throw missingBlob(target, 'content at hand');
      yield* reader.fetch(target, options);
    },
  };
}

/** A medium that holds it in another size is damaged there: as good as none, where there are others. */
export async function holds(
  reader: ContentReader,
  target: Descriptor,
  options?: OperationOptions,
): Promise<boolean> {
  try {
    return await reader.has(target, options);
  } catch (error) {
    if (isAirkitError(error, 'SIZE_MISMATCH')) return false;
    throw error;
  }
}
