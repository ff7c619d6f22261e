import type { BundleBase, Plan } from '../index.ts';
import { baseName } from './base-name.ts';
import { formatBytes, plural } from './format.ts';

/** What a kit leaves to its bases. */
export function leftOutText({ leftOut, totals }: Plan, bases: readonly BundleBase[]): string {
  const names = bases.map(baseName).join(' and ');
  const have = bases.length === 1 ? 'has' : 'have';
  const layers = `${plural(leftOut.length, 'layer')}, ${formatBytes(totals.leftOutBytes)}`;
  return `left out: ${layers}, which ${names} ${have}`;
}
