import type { BundleBase } from '../index.ts';
import { shortDigest } from './format.ts';

/** What a thin kit was packed against: name and version of a kit, or the digest of an inventory. */
export function baseName({ name, version = '', digest }: BundleBase): string {
  return name === undefined ? `inventory ${shortDigest(digest)}` : `${name} ${version}`;
}
