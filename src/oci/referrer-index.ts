import { bareDescriptor, type Descriptor } from './descriptor.ts';
import { asArray, asObject, parseJsonObject, type JsonObject } from './json.ts';
import { MEDIA_TYPES } from './media-types.ts';
import type { Referrer } from './referrer.ts';

/**
 * A referrer as lists of referrers show it: with its artifact type and its own annotations (OCI distribution-spec
 * "Pushing Manifests with Subject").
 */
export function referrerEntry({ descriptor, artifactType, annotations }: Referrer): Descriptor {
  return {
    ...bareDescriptor(descriptor),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/**
 * Adds entries to the index that lists referrers under a fallback tag. What is there stays as it is, also members that
 * airkit does not know.
 *
 * @param existing its bytes; undefined where there is none yet
 * @returns the new bytes; undefined when it lists all of them already
 * @throws AirkitError CONTENT_INVALID
 */
export function addReferrerEntries(
  existing: Uint8Array | undefined,
  entries: readonly Descriptor[],
): Uint8Array | undefined {
  const where = 'list of referrers';
  const index: JsonObject =
    existing === undefined ? newIndex() : parseJsonObject(existing, { where });
  const listed = asArray(index['manifests'] ?? [], where);
  const known = new Set(listed.map((one) => asObject(one, where)['digest']));
  const added = entries.filter(({ digest }) => !known.has(digest));
  if (existing !== undefined && added.length === 0) return undefined;
  return new TextEncoder().encode(JSON.stringify({ ...index, manifests: [...listed, ...added] }));
}

function newIndex(): JsonObject {
  return { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [] };
}
