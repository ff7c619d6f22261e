import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BundleImage } from '../../src/archive/bundle-index.ts';
import { blobPathOf } from '../../src/archive/stock-views.ts';
import { load } from '../../src/index.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { REF_NAME } from '../../src/oci/layout-documents.ts';
import { cosignRoot, referrerRoot, referrerTag } from '../support/referrer-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  errorsOf,
  openKitFolder,
  verifyReleased,
  withCopy,
  writeSigned,
  type OpenKit,
} from './support/kit-editor.ts';
import { blob } from './support/lies.ts';
import { makeSignedSite, type SignedSite } from './support/signed-site.ts';

const folder = useTempFolder();
let world: SignedSite;

beforeAll(async () => {
  world = await makeSignedSite(await folder.fresh());
}, 60_000);

afterAll(async () => world.source.stop());

type List = readonly Descriptor[];

/** Changes what the first image lists. */
function relist(kit: OpenKit, change: (list: List, image: BundleImage) => List): void {
  const images = kit.index.images.map((image) =>
    Object.assign({ ...image }, { referrers: change(image.referrers, image) }),
  );
  kit.index = { ...kit.index, images };
}

/** Puts a referrer into a kit with all its blobs. */
function plant(kit: OpenKit, root: ReturnType<typeof cosignRoot>, more: object = {}): void {
  const own = [...root.blobs].filter(
    ([digest]) => !kit.files.some(({ path }) => path === blobPathOf(digest)),
  );
  kit.files.splice(-2, 0, ...own.map(([, bytes]) => blob(bytes)));
  relist(kit, (list) =>
    [...list, { ...root.descriptor, ...more }].toSorted((a, b) => (a.digest < b.digest ? -1 : 1)),
  );
}

const elsewhere = cosignRoot('elsewhere').descriptor;
const configType = 'application/vnd.oci.image.config.v1+json';

const lies: { title: string; tell: (kit: OpenKit) => void }[] = [
  {
    title: 'a referrer that is there and not listed',
    tell: (kit) => relist(kit, (list) => list.slice(1)),
  },
  {
    title: 'another order',
    tell: (kit) => relist(kit, (list) => list.toReversed()),
  },
  {
    title: 'a referrer twice',
    tell: (kit) => relist(kit, (list) => [...list.slice(0, 1), ...list]),
  },
  {
    title: 'another artifact type',
    tell: (kit) =>
      relist(kit, (list) => list.map((one) => Object.assign({ ...one }, { artifactType: 'a/b' }))),
  },
  {
    title: 'a tag for what has none',
    tell: (kit) =>
      relist(kit, (list, { root }) =>
        list.map((one) =>
          Object.assign({ ...one }, { annotations: { [REF_NAME]: referrerTag(root, '.zip') } }),
        ),
      ),
  },
  {
    title: 'another annotation',
    tell: (kit) =>
      relist(kit, (list) =>
        list.map((one) => Object.assign({ ...one }, { annotations: { a: 'b' } })),
      ),
  },
  {
    title: 'a referrer of another image',
    tell: (kit) => {
      const root = referrerRoot({ subject: elsewhere, body: 'of another' });
      plant(kit, root, { artifactType: 'application/spdx+json' });
    },
  },
  {
    title: 'a tag of cosign for another image',
    tell: (kit) => {
      const annotations = { [REF_NAME]: referrerTag(elsewhere, '.sig') };
      plant(kit, cosignRoot('of another'), { artifactType: configType, annotations });
    },
  },
  {
    title: 'the image itself as its referrer',
    tell: (kit) =>
      relist(kit, (list, { root }) =>
        [...list, root].toSorted((a, b) => (a.digest < b.digest ? -1 : 1)),
      ),
  },
  {
    title: 'a layer of a referrer that is not there, declared absent',
    tell: (kit) => {
      const layer = Buffer.from('SBOM of amd64');
      const path = blobPathOf(digestOf(layer));
      kit.files = kit.files.filter((file) => file.path !== path);
      const absent = [
        { digest: digestOf(layer), size: layer.byteLength, reason: 'platform' as const },
      ];
      kit.index = { ...kit.index, absent };
    },
  },
  {
    title: 'a layer of a referrer that is not there',
    tell: (kit) => {
      const path = blobPathOf(digestOf('SBOM of amd64'));
      kit.files = kit.files.filter((file) => file.path !== path);
    },
  },
];

describe('a trusted signature does not excuse', () => {
  test.each(lies)('$title', async ({ tell }) => {
    const { site } = world;
    await withCopy(site.path('kit'), async (copy) => {
      const open = await openKitFolder(site.path('kit'));
      tell(open);
      await writeSigned(site, copy, open);
      for (const depth of ['full', 'quick'] as const) {
        const report = await verifyReleased(site, copy, depth);
        expect(errorsOf(report)).not.toEqual([]);
        const codes = errorsOf(report).map(({ code }) => code);
        expect(codes.filter((code) => /SIGN/.test(code))).toEqual([]);
      }
      const options = {
        trust: [site.path('release.pub')],
        to: `oci:${copy}-restored`,
        receipt: `${copy}-receipt.json`,
      };
      await expect(load(site.host, copy, options)).rejects.toMatchObject({
        code: 'VERIFICATION_FAILED',
      });
    });
  });

  test('planting a referrer that is one is no lie', async () => {
    const { site, image } = world;
    await withCopy(site.path('kit'), async (copy) => {
      const open = await openKitFolder(site.path('kit'));
      const root = referrerRoot({ subject: image.root.descriptor, body: 'one more' });
      plant(open, root, { artifactType: 'application/spdx+json' });
      await writeSigned(site, copy, open);
      expect((await verifyReleased(site, copy, 'deep')).findings).toEqual([]);
    });
  });
});
