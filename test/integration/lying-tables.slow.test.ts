import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BundleManifest } from '../../src/archive/bundle-index.ts';
import { blobPathOf } from '../../src/archive/stock-views.ts';
import { load, pack } from '../../src/index.ts';
import { digestOf, hexOf, type Digest } from '../../src/oci/digest.ts';
import { makeSampleSite, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  errorsOf,
  fileIn,
  openKitFolder,
  verifyReleased,
  withCopy,
  writeSigned,
  type OpenKit,
} from './support/kit-editor.ts';
import { blob, lies } from './support/lies.ts';

const folder = useTempFolder();
let site: Site;
let kit: string;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { key: 'env:RELEASE_KEY' });
  kit = site.path('kit');
});

describe('a trusted signature does not excuse', () => {
  test.each(lies)('$title', async ({ tell, hidden = false }) => {
    await withCopy(kit, async (copy) => {
      const open = await openKitFolder(kit);
      tell(open);
      await writeSigned(site, copy, open);
      for (const depth of ['full', 'quick'] as const) {
        const report = await verifyReleased(site, copy, depth);
        const found = errorsOf(report).map(({ code }) => code);
        const isMissed = hidden && depth === 'quick';
        expect(report.ok).toBe(isMissed);
        expect(found).not.toContain('BAD_SIGNATURE');
        expect(found).not.toContain('UNSIGNED');
      }
      if (hidden) return;
      const loading = load(site.host, copy, {
        trust: [site.path('release.pub')],
        to: `oci:${copy}-restored`,
        receipt: `${copy}-receipt.json`,
      });
      await expect(loading).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' });
    });
  });

  test.each([
    ['one with a line less', (text: string) => text.slice(text.indexOf('\n') + 1)],
    [
      'one with another root digest',
      (text: string) => text.replaceAll(/sha256:[0-9a-f]/g, 'sha256:0'),
    ],
    ['one with another name', (text: string) => text.replace('redis:7', 'redis:8')],
  ])('images.txt: %s', async (_, change) => {
    await withCopy(kit, async (copy) => {
      const open = await openKitFolder(kit);
      open.imagesTxt = Buffer.from(change(open.imagesTxt.toString()));
      await writeSigned(site, copy, open);
      const report = await verifyReleased(site, copy);
      expect(errorsOf(report)).toMatchObject([{ subject: 'images.txt' }]);
    });
  });

  test('a layer that is not what its config says: only --deep decompresses', async () => {
    await withCopy(kit, async (copy) => {
      const open = await openKitFolder(kit);
      replaceDiffId(open);
      await writeSigned(site, copy, open);
      expect((await verifyReleased(site, copy, 'full')).findings).toEqual([]);
      const report = await verifyReleased(site, copy, 'deep');
      expect(errorsOf(report)).toMatchObject([{ code: 'DIGEST_MISMATCH' }]);
    });
  });
});

test('a kit taken apart and put together again has the same bytes', async () => {
  await withCopy(kit, async (copy) => {
    await writeSigned(site, copy, await openKitFolder(kit));
    for (const name of ['bundle.tar', 'bundle.json', 'SHA256SUMS', 'images.txt'])
      expect(await readFile(`${copy}/${name}`)).toEqual(await readFile(`${kit}/${name}`));
    expect((await verifyReleased(site, copy, 'deep')).findings).toEqual([]);
  });
});

/** Gives redis a config, and all that names it, with another diffID for its top layer. */
function replaceDiffId(open: OpenKit): void {
  const redis = open.index.images.find(({ reference }) => reference.includes('redis'));
  const [manifest] = redis?.manifests ?? [];
  if (manifest === undefined) throw new Error('no redis in the kit');
  const changes = new Map([[hexOf(topOf(manifest)), hexOf(digestOf('something else'))]]);
  const changed = (text: string): string =>
    [...changes].reduce((result, [from, to]) => result.replaceAll(from, to), text);
  for (const { digest } of [manifest.config, manifest.descriptor]) {
    const member = fileIn(open, blobPathOf(digest));
    Object.assign(member, blob(Buffer.from(changed(member.bytes.toString()))));
    changes.set(hexOf(digest), hexOf(digestOf(member.bytes)));
  }
  open.index = JSON.parse(changed(JSON.stringify(open.index)));
  for (const path of ['index.json', 'manifest.json']) {
    const member = fileIn(open, path);
    member.bytes = Buffer.from(changed(member.bytes.toString()));
  }
  open.imagesTxt = Buffer.from(changed(open.imagesTxt.toString()));
}

function topOf({ layers }: BundleManifest): Digest {
  const diffID = layers.at(-1)?.diffID;
  if (diffID === undefined) throw new Error('the top layer has no diffID');
  return diffID;
}
