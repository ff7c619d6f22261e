/** What a signer could write into the tables of a kit that do not tell of the same images. */
import { blobPathOf } from '../../../src/archive/stock-views.ts';
import { digestOf, hexOf, type Digest } from '../../../src/oci/digest.ts';
import { fileIn, type ArchiveFile, type OpenKit } from './kit-editor.ts';

export interface Lie {
  readonly title: string;
  readonly tell: (kit: OpenKit) => unknown;
  /** True where only reading blobs tells. */
  readonly hidden?: boolean;
}

export const lies: readonly Lie[] = [
  {
    title: 'a member that no kit has',
    tell: ({ files }) => files.splice(-2, 0, file('etc/passwd', 'root::0:0')),
  },
  {
    title: 'a member whose path leaves the archive',
    tell: ({ files }) => files.splice(-2, 0, file('blobs/sha256/../../x', 'x')),
  },
  {
    title: 'a blob twice',
    tell: ({ files }) => files.splice(-2, 0, { ...(files[1] ?? file('', '')) }),
  },
  {
    title: 'index.json twice',
    tell: ({ files }) => files.push({ ...(files.at(-2) ?? file('', '')) }),
  },
  { title: 'no manifest.json', tell: ({ files }) => files.pop() },
  { title: 'no oci-layout', tell: ({ files }) => files.shift() },
  {
    title: 'manifest.json before index.json',
    tell: ({ files }) => files.push(...files.splice(-2, 1)),
  },
  {
    title: 'a blob that no image names',
    tell: ({ files }) => files.splice(-2, 0, blob(Buffer.from('orphan'))),
  },
  {
    title: 'a layer that an image needs and the archive lacks',
    tell: ({ files }) => files.splice(files.length - 3, 1),
  },
  {
    title: 'a layer declared absent that is there',
    tell: (open) => {
      leaveToBase(open, lastLayer(open));
    },
  },
  {
    title: 'a config that is left to a base',
    tell: (open) => {
      const config = open.index.images[0]?.manifests[0]?.config;
      if (config === undefined) throw new Error('no config');
      const path = `blobs/sha256/${hexOf(config.digest)}`;
      open.files.splice(open.files.indexOf(fileIn(open, path)), 1);
      leaveToBase(open, config);
    },
  },
  {
    title: 'a blob left to a base that no image needs',
    tell: (open) => {
      leaveToBase(open, { digest: digestOf('nothing'), size: 7 });
    },
  },
  {
    title: 'a layer left to a base in another size than its manifest says',
    tell: (open) => {
      const { digest, size } = lastLayer(open);
      open.files.splice(-3, 1);
      leaveToBase(open, { digest, size: size + 1 });
    },
  },
  {
    title: 'a blob whose bytes are not its name',
    tell: damageLastLayer,
  },
  {
    title: 'a blob whose bytes are neither its name nor what bundle.json says',
    hidden: true,
    tell: (open) => {
      const sha256 = hexOf(lastLayer(open).digest);
      damageLastLayer(open).stated = { sha256 };
    },
  },
  {
    title: 'an offset that points into another member',
    tell: ({ files }) => {
      const [, second] = files;
      if (second !== undefined) second.stated = { offset: 512 };
    },
  },
  {
    title: 'a size that is not that of the member',
    tell: ({ files }) => {
      const [, second] = files;
      if (second !== undefined) second.stated = { size: second.bytes.byteLength - 1 };
    },
  },
  {
    title: 'manifest.json with another image under a name',
    tell: (open) =>
      editJson(open, 'manifest.json', (items: { RepoTags: string[] }[]) => {
        const tags = items.map((item) => item.RepoTags);
        for (const [position, item] of items.entries()) item.RepoTags = tags.at(position - 1) ?? [];
        return items;
      }),
  },
  {
    title: 'manifest.json without one of the images',
    tell: (open) => editJson(open, 'manifest.json', (items: unknown[]) => items.slice(1)),
  },
  {
    title: 'manifest.json with a name that the kit does not have',
    tell: (open) =>
      editJson(open, 'manifest.json', (items: { RepoTags: string[] }[]) => {
        items[0]?.RepoTags.push('docker.io/library/nginx:1.25');
        return items;
      }),
  },
  {
    title: 'manifest.json with layers in another order',
    tell: (open) =>
      editJson(open, 'manifest.json', (items: { Layers: string[] }[]) => {
        items[0]?.Layers.reverse();
        return items;
      }),
  },
  {
    title: 'manifest.json with a member that Go reads without regard to case',
    tell: (open) =>
      editJson(open, 'manifest.json', (items: Record<string, unknown>[]) => {
        const [first, second] = items;
        if (first !== undefined) first['config'] = second?.['Config'];
        return items;
      }),
  },
  {
    title: 'index.json with another root under a name',
    tell: (open) =>
      editJson(open, 'index.json', (index: { manifests: Record<string, unknown>[] }) => {
        const names = index.manifests.map(({ annotations }) => annotations);
        for (const [position, one] of index.manifests.entries())
          one['annotations'] = names.at(position - 1);
        return index;
      }),
  },
  {
    title: 'index.json with a name less',
    tell: (open) =>
      editJson(open, 'index.json', (index: { manifests: unknown[] }) => ({
        ...index,
        manifests: index.manifests.slice(1),
      })),
  },
  {
    title: 'another oci-layout',
    tell: (open) => {
      fileIn(open, 'oci-layout').bytes = Buffer.from('{"imageLayoutVersion":"2.0.0"}');
    },
  },
  {
    title: 'bundle.json with the names of two images exchanged',
    tell: (open) => {
      const { images } = open.index;
      const names = images.map(({ reference }) => reference);
      const renamed = structuredClone(images).map((image, position) =>
        Object.assign(image, { reference: names.at(position - 1) }),
      );
      const sorted = renamed.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
      open.index = { ...open.index, images: sorted };
    },
  },
  {
    title: 'bundle.json with another platform than the config says',
    tell: (open) => {
      const images = open.index.images.map((image) => ({
        ...image,
        manifests: image.manifests.map((one) => ({
          ...one,
          platform: { os: 'linux', architecture: 'arm64' },
        })),
      }));
      open.index = { ...open.index, images };
    },
  },
  {
    title: 'bundle.json with an image less, whose blobs are there',
    tell: (open) => {
      open.index = { ...open.index, images: open.index.images.slice(1) };
    },
  },
];

/** A member. */
function file(path: string, text: string): ArchiveFile {
  return { path, bytes: Buffer.from(text) };
}

/** A member under the path that its bytes give it. */
export function blob(bytes: Buffer): ArchiveFile {
  return { path: blobPathOf(digestOf(bytes)), bytes };
}

function damageLastLayer(open: OpenKit): ArchiveFile {
  const last = fileIn(open, open.files.at(-3)?.path ?? '');
  const bytes = Buffer.from(last.bytes);
  bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
  last.bytes = bytes;
  return last;
}

function leaveToBase(open: OpenKit, { digest, size }: { digest: Digest; size: number }): void {
  const { mediaType } = open.index;
  const bases = [{ mediaType, digest: digestOf('a base'), size: 6 }];
  open.index = { ...open.index, bases, absent: [{ digest, size, reason: 'base' }] };
}

function lastLayer({ files }: OpenKit): { digest: Digest; size: number } {
  const bytes = files.at(-3)?.bytes ?? Buffer.alloc(0);
  return { digest: digestOf(bytes), size: bytes.byteLength };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each caller knows what the file holds
function editJson<T>(open: OpenKit, path: string, edit: (value: T) => unknown): void {
  const member = fileIn(open, path);
  const value: T = JSON.parse(member.bytes.toString());
  member.bytes = Buffer.from(JSON.stringify(edit(value)));
}
