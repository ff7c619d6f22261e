import { AirkitError } from '../../errors.ts';
import type { TargetImage } from '../../content/image.ts';
import {
  canonicalName,
  formatReference,
  parseReference,
  withDefaultTag,
  type Reference,
} from '../../oci/reference.ts';
import { scopeOf } from '../../oci/scope.ts';

/** Where in a registry images go. */
export interface TargetPlace {
  /** HOST[:PORT]. */
  readonly host: string;
  /** Start of every repository, without slashes at its ends. */
  readonly prefix?: string | undefined;
  /** Keeps the source's host as the first part: images of two registries then cannot collide. */
  readonly scoped?: boolean | undefined;
}

/**
 * The name of an image in a target registry: `ghcr.io/acme/api:1` becomes `HOST/PREFIX/acme/api:1`, `redis:7` becomes
 * `HOST/PREFIX/library/redis:7`. Scoped, a colon before a port becomes a dash, which repository names allow.
 *
 * @throws AirkitError REFERENCE_INVALID when the result is no reference
 */
export function targetReference(reference: Reference, place: TargetPlace): Reference {
  const { registry, repository, tag, digest } = withDefaultTag(reference);
  const scope = place.scoped === true ? scopeOf(registry) : '';
  const path = [place.prefix ?? '', scope, repository].filter((part) => part !== '').join('/');
  const named = parseReference(`${place.host}/${path}`);
  return { ...named, tag, digest };
}

/**
 * Target names of images, in their order. Names with a digest and no tag are never in each other's way.
 *
 * @throws AirkitError NAME_COLLISION when two different images would get one name, naming both
 */
export function targetReferences(images: readonly TargetImage[], place: TargetPlace): Reference[] {
  const known = new Map<string, TargetImage>();
  return images.map((image) => {
    const reference = targetReference(image.reference, place);
    if (reference.tag === undefined) return reference;
    const name = `${canonicalName(reference)}:${reference.tag}`;
    const other = known.get(name);
    if (other !== undefined && other.root.digest !== image.root.digest)
      throw collision(name, other, image);
    known.set(name, image);
    return reference;
  });
}

function collision(name: string, a: TargetImage, b: TargetImage): AirkitError {
  const names = [a, b].map(({ reference }) => formatReference(reference));
  return new AirkitError('NAME_COLLISION', `${names.join(' and ')} would both become ${name}`, {
    hint: 'Use --scoped to keep the host in the name, or load fewer images with --include.',
    context: { reference: names[0] ?? '', other: names[1] ?? '' },
  });
}
