import type { ListFailure } from '../../content/image.ts';
import { canonicalName, formatReference, type Reference } from '../../oci/reference.ts';
import type { NameFailure } from './list-names.ts';
import { wantedNames, type NameBase } from './wanted-names.ts';

/** Failures of names with the patterns that ask for them; names that the patterns leave out anyway do not count. */
export function nameFailures(
  failures: readonly NameFailure[],
  {
    include,
    accepts,
    ...base
  }: NameBase & {
    readonly include: readonly string[];
    readonly accepts?: ((reference: Reference) => boolean) | undefined;
  },
): ListFailure[] {
  return failures
    .filter(({ reference }) => isRepository(reference) || (accepts?.(reference) ?? true))
    .map(({ reference, error }) => ({
      name: isRepository(reference) ? canonicalName(reference) : formatReference(reference),
      patterns: include.filter((pattern) => mayAskFor(pattern, reference, base)),
      error,
    }));
}

function isRepository({ tag, digest }: Reference): boolean {
  return tag === undefined && digest === undefined;
}

function mayAskFor(pattern: string, reference: Reference, base: NameBase): boolean {
  const { exact, repositories, catalogs } = wantedNames([pattern], base);
  const name = canonicalName(reference);
  return (
    catalogs.has(reference.registry) ||
    exact.some((one) => formatReference(one) === formatReference(reference)) ||
    [...repositories, ...exact].some(
      (one) => isRepository(reference) && canonicalName(one) === name,
    )
  );
}
