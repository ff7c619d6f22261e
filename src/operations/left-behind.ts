import type { ImageTarget, TargetImage, TargetResult } from '../content/image.ts';
import { formatReference } from '../oci/reference.ts';

/**
 * A target whose results say that referrers stay behind, where it is none that can hold them: engines keep images only.
 */
export function tellingReferrers(target: ImageTarget): ImageTarget {
  if (target.keepsReferrers === true) return target;
  return {
    ...target,
    survey: async (images, options) => (await target.survey(images, options)).map(teller(images)),
    load: async (images, options = {}) => {
      const { onResult } = options;
      const tell = teller(images);
      const outcome = await target.load(images, {
        ...options,
        ...(onResult === undefined ? {} : { onResult: async (result) => onResult(tell(result)) }),
      });
      return { ...outcome, results: outcome.results.map(tell) };
    },
  };
}

/** Adds to results what the images leave behind. */
function teller(images: readonly TargetImage[]): (result: TargetResult) => TargetResult {
  const counts = new Map(
    images.map(({ reference, graph }) => [formatReference(reference), graph.referrers?.length]),
  );
  return (result) => {
    const count = counts.get(result.reference) ?? 0;
    if (count === 0 || result.status === 'failed') return result;
    const note = `its referrers stay behind (${count}): this target holds images only`;
    const message = result.message === undefined ? note : `${result.message}; ${note}`;
    return { ...result, message };
  };
}
