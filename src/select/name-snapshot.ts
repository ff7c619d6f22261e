import type { ListedContainer } from '../content/container.ts';
import { AirkitError, isAirkitError } from '../errors.ts';
import { parseReference, withDefaultTag, type Reference } from '../oci/reference.ts';

/** What a snapshot is called when its selector does not say: a name that no image of a registry has by accident. */
export const DEFAULT_SNAPSHOT_NAME = 'snapshots/{name}:latest';

export interface SnapshotNaming {
  /** With `{name}`, `{id}` and `{date}`. */
  readonly as: string;
  /** RFC 3339, from SOURCE_DATE_EPOCH; undefined where that is not set. */
  readonly created: string | undefined;
}

/**
 * The name of a container's snapshot: `{name}` is the container's, `{id}` the first twelve digits of its ID, `{date}` the day
 * of SOURCE_DATE_EPOCH in UTC, as YYYYMMDD. The clock never decides over a name.
 *
 * @throws AirkitError USAGE for `{date}` without SOURCE_DATE_EPOCH, REFERENCE_INVALID when no image can be called so
 */
export function nameSnapshot(
  { id, name }: Pick<ListedContainer, 'id' | 'name'>,
  { as, created }: SnapshotNaming,
): Reference {
  if (as.includes('{date}') && created === undefined) {
    throw new AirkitError(
      'USAGE',
      `${JSON.stringify(as)} needs a day, and SOURCE_DATE_EPOCH is not set`,
      {
        hint: 'Set it to seconds since 1970, such as SOURCE_DATE_EPOCH=$(git log -1 --format=%ct), so that the same inputs give the same names.',
      },
    );
  }
  const values: Readonly<Record<string, string>> = {
    name,
    id: id.slice(0, 12),
    date: created?.slice(0, 10).replaceAll('-', '') ?? '',
  };
  const text = as.replaceAll(/\{(name|id|date)\}/g, (all, key: string) => values[key] ?? all);
  try {
    return withDefaultTag(parseReference(text));
  } catch (error) {
    if (!isAirkitError(error, 'REFERENCE_INVALID')) throw error;
    throw new AirkitError(
      'REFERENCE_INVALID',
      `the container ${name} would give the image name ${JSON.stringify(text)}, which is none`,
      {
        hint: 'Image names are in lower case: use {id} in "as", or a selector of its own with another name.',
        context: { container: name },
        cause: error,
      },
    );
  }
}
