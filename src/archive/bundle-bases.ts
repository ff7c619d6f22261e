import { AirkitError } from '../errors.ts';
import { bareDescriptor, parseDescriptor, type Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { asString, type JsonObject } from '../oci/json.ts';
import type { AbsentBlob, BundleIndex } from './bundle-index.ts';

/** What a thin kit was packed against: the descriptor of the base's bundle.json, or of an inventory. */
export interface BundleBase extends Pick<Descriptor, 'mediaType' | 'digest' | 'size'> {
  /** Of a kit. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/** Reads one entry of `bases`. @throws AirkitError CONTENT_INVALID */
export function parseBase(object: JsonObject, where: string): BundleBase {
  const { name, version, ...descriptor } = object;
  return {
    ...bareDescriptor(parseDescriptor(descriptor, where)),
    ...(name === undefined ? {} : { name: plain(asString(name, `${where}.name`), where) }),
    ...(version === undefined
      ? {}
      : { version: plain(asString(version, `${where}.version`), where) }),
  };
}

/** Bases are named exactly when something was left to them, each once, in order. @throws AirkitError CONTENT_INVALID */
export function requireBases({ absent, bases }: Pick<BundleIndex, 'absent' | 'bases'>): void {
  const isThin = absent.some(({ reason }) => reason === 'base');
  const isOrdered = (bases ?? []).every(
    ({ digest }, position, all) => position === 0 || (all[position - 1]?.digest ?? '') < digest,
  );
  const isNamed = bases !== undefined && bases.length > 0;
  if (isOrdered && isThin === isNamed && (isNamed || bases === undefined)) return;
  throw new AirkitError(
    'CONTENT_INVALID',
    'bundle.json: its bases are out of order, or do not fit what is absent',
  );
}

/** Digests that other platforms' manifests name and nothing in the kit or its bases is meant to hold. */
export function leftOutByPlatform(absent: readonly AbsentBlob[]): Set<Digest> {
  const left = absent.filter(({ reason }) => reason === 'platform');
  return new Set(left.map(({ digest }) => digest));
}

/** Sizes of the blobs that a thin kit leaves to its bases, in bytes; empty for a full kit. */
export function leftToBases(absent: readonly AbsentBlob[]): Map<Digest, number> {
  const left = absent.filter(({ reason }) => reason === 'base');
  return new Map(left.map(({ digest, size }) => [digest, size]));
}

/** A base as messages name it: `NAME VERSION (DIGEST)`, or the inventory's digest. */
export function formatBase({ name, version, digest }: BundleBase): string {
  return name === undefined ? `the inventory ${digest}` : `${name} ${version ?? ''} (${digest})`;
}

function plain(text: string, where: string): string {
  if (!/\p{Cc}/u.test(text)) return text;
  throw new AirkitError('CONTENT_INVALID', `${where} holds a control character`);
}
