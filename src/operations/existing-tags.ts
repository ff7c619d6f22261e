import { AirkitError, type Problem } from '../errors.ts';
import type { TargetImage, TargetResult } from '../content/image.ts';
import { formatReference } from '../oci/reference.ts';
import type { TargetRun } from './load-targets.ts';

/** What a load does where a name stands for something else already. */
export type ExistingTag = 'overwrite' | 'skip' | 'fail';

/**
 * Carries out a rule about names that stand for another image in a target. An image that is there already, whole or in
 * part, is in nobody's way.
 *
 * @throws AirkitError OUTPUT_EXISTS naming all of them, for the rule `fail`
 */
export function applyExistingTagRule(runs: readonly TargetRun[], rule: ExistingTag): void {
  if (rule === 'overwrite') return;
  const taken = runs.flatMap((run) =>
    run.images.flatMap((image) => {
      const found = run.surveyed.get(formatReference(image.reference));
      return found !== undefined && isTaken(image, found) ? [{ run, image, found }] : [];
    }),
  );
  if (rule === 'fail') refuseTaken(taken);
  for (const { run, image, found } of taken) {
    const message = `left alone: the name stands for ${found.before}`;
    run.settled.set(found.reference, { ...found, after: found.before, message });
    run.images = run.images.filter((one) => one !== image);
  }
}

interface TakenName {
  readonly run: TargetRun;
  readonly image: TargetImage;
  readonly found: TargetResult;
}

/** An engine's ID may be any of an image's own digests. */
function isTaken({ root, graph }: TargetImage, { before }: TargetResult): boolean {
  const own = graph.manifests.flatMap(({ descriptor, config }) => [
    descriptor.digest,
    config.digest,
  ]);
  return before !== undefined && ![root.digest, ...own].some((digest) => digest === before);
}

function refuseTaken(taken: readonly TakenName[]): void {
  if (taken.length === 0) return;
  const problems = taken.map(({ run, found }): Problem => {
    const message = `${found.reference}: in ${run.place.text} the name stands for ${found.before}`;
    return { code: 'OUTPUT_EXISTS', severity: 'error', message, subject: found.reference };
  });
  throw new AirkitError('OUTPUT_EXISTS', problems.map(({ message }) => message).join('; '), {
    hint: 'Nothing was sent. --on-existing-tag skip leaves them alone, overwrite moves them.',
    problems,
  });
}
