/** A kit that was verified is another one by the time it is loaded: what was signed arrives, or nothing does. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  load,
  verify,
  type BundleIndex,
  type LoadReport,
  type ProgressEvent,
} from '../../src/index.ts';
import { makeLoadSite, rootsIn } from '../cli/support/load-kit.ts';
import type { Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const folder = useTempFolder();
let site: Site;
let signed: BundleIndex;
let count = 0;

beforeAll(async () => {
  site = await makeLoadSite(await folder.fresh());
  signed = JSON.parse(await readFile(site.path('kit', 'bundle.json'), 'utf8'));
});

interface Places {
  readonly kit: string;
  readonly out: string;
}

async function freshPlaces(): Promise<Places> {
  count += 1;
  const [kit, out] = [site.path(`kit-${count}`), site.path(`out-${count}`)];
  await cp(site.path('kit'), kit, { recursive: true });
  return { kit, out };
}

const trust = (): string[] => [site.path('release.pub')];

/** Loads, and swaps when the load comes to that phase. */
async function loadSwapped(
  { kit, out }: Places,
  { phase, swap }: { readonly phase: string; readonly swap: () => void },
): Promise<LoadReport | undefined> {
  let isSwapped = false;
  const onProgress = (event: ProgressEvent): void => {
    if (isSwapped || event.kind !== 'phase' || event.phase !== phase) return;
    isSwapped = true;
    swap();
  };
  const report = await load(site.host, kit, {
    trust: trust(),
    to: [`oci:${out}`],
    receipt: `${out}.json`,
    keepGoing: true,
    onProgress,
  }).catch((error: unknown) => {
    expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Z]+(?:_[A-Z]+)+$/) });
    return undefined;
  });
  expect(isSwapped).toBe(true);
  return report;
}

/** Whatever has a name there is what the signer signed, and every blob is what its name says. */
async function requireSigned({ out }: Places): Promise<void> {
  const roots = new Map(signed.images.map(({ reference, root }) => [reference, root.digest]));
  for (const [name, digest] of Object.entries(await rootsIn(out)))
    expect(digest).toBe(roots.get(name));
  if (!existsSync(`${out}/blobs/sha256`)) return;
  for (const blob of await readdir(`${out}/blobs/sha256`)) {
    const bytes = readFileSync(`${out}/blobs/sha256/${blob}`);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(blob);
  }
}

/** The archive with every byte behind its index another. */
function spoiled(path: string): Buffer {
  const bytes = readFileSync(path);
  const base =
    512 + Math.ceil(readFileSync(site.path('kit', 'bundle.json')).byteLength / 512) * 512;
  return Buffer.concat([bytes.subarray(0, base), bytes.subarray(base).map((byte) => byte ^ 0x55)]);
}

const swaps: readonly [string, (kit: string) => void][] = [
  [
    'another kit of the same signer takes its place',
    (kit) => renameSync(site.path('other'), swapAway(kit)),
  ],
  [
    'its archive is written over',
    (kit) => writeFileSync(`${kit}/bundle.tar`, spoiled(`${kit}/bundle.tar`)),
  ],
  ['its archive is cut off', (kit) => truncateSync(`${kit}/bundle.tar`, 20_000)],
  [
    'its archive is replaced',
    (kit) => {
      writeFileSync(`${kit}/new`, spoiled(`${kit}/bundle.tar`));
      renameSync(`${kit}/new`, `${kit}/bundle.tar`);
    },
  ],
  [
    'its index is replaced',
    (kit) => writeFileSync(`${kit}/bundle.json`, readFileSync(site.path('other', 'bundle.json'))),
  ],
];

/** Moves a kit away; its path is free then. */
function swapAway(kit: string): string {
  renameSync(kit, `${kit}-away`);
  return kit;
}

describe.each(['verify', 'load'])('in the phase %s', (phase) => {
  it.each(swaps)('%s', async (_, swap) => {
    await cp(site.path('other'), site.path('other-copy'), { recursive: true });
    const places = await freshPlaces();
    await loadSwapped(places, { phase, swap: () => swap(places.kit) });
    await requireSigned(places);
    if (!existsSync(site.path('other')))
      await cp(site.path('other-copy'), site.path('other'), { recursive: true });
  });
});

describe('between verify and load', () => {
  it('an archive that was written over is not loaded', async () => {
    const places = await freshPlaces();
    expect((await verify(site.host, places.kit, { trust: trust() })).ok).toBe(true);
    writeFileSync(`${places.kit}/bundle.tar`, spoiled(`${places.kit}/bundle.tar`));
    const choices = { trust: trust(), to: [`oci:${places.out}`], receipt: `${places.out}.json` };
    await expect(load(site.host, places.kit, choices)).rejects.toMatchObject({
      code: expect.any(String),
    });
    expect(await rootsIn(places.out)).toEqual({});
  });
});
