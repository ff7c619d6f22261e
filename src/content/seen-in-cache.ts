import { AirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Cache } from './cache.ts';
import type { ContentReader } from './content.ts';

/**
 * A reader that holds what the cache was seen to hold, and nothing else of it. What is gone from the cache meanwhile is told
 * as CACHE_DAMAGED: that the reader lacks it would blame the medium that it came from.
 */
export function seenInCache(seen: ReadonlySet<Digest>, cache: Cache): ContentReader {
  return {
    has: async (target) => {
      if (!seen.has(target.digest)) return false;
      if (await cache.has(target)) return true;
      if ((await cache.sizeOf(target.digest)) !== undefined) return false;
      throw goneFromCache(target, cache.folder);
    },
    fetch: (target, options) => cache.fetch(target, options),
  };
}

function goneFromCache({ digest }: Descriptor, folder: string): AirkitError {
  return new AirkitError(
    'CACHE_DAMAGED',
    `the cache entry ${digest} was removed while it was needed`,
    {
      hint: 'Run the command again, and no `airkit cache prune` beside it.',
      context: { digest, path: folder },
    },
  );
}
