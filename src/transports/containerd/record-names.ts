import { isAirkitError } from '../../errors.ts';
import { parseReference, withDefaultTag, type Reference } from '../../oci/reference.ts';
import type { ImageRecord } from './store.ts';

/** True for records of an image ID, which Kubernetes keeps beside the name: they are no names. */
export function isImageId({ name }: ImageRecord): boolean {
  return name.startsWith('sha256:');
}

/**
 * The reference that a record's name is; undefined for an image ID, and for what is no image name. A digest beside a tag
 * says nothing more than the record; without one it must be the record's own.
 */
export function nameOf(record: ImageRecord): Reference | undefined {
  if (isImageId(record)) return undefined;
  try {
    const { digest, ...reference } = withDefaultTag(parseReference(record.name));
    if (digest === undefined) return reference;
    if (digest !== record.digest) return undefined;
    return reference.tag === undefined ? { ...reference, digest } : reference;
  } catch (error) {
    if (isAirkitError(error, 'REFERENCE_INVALID')) return undefined;
    throw error;
  }
}
