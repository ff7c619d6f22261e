/** What tags stand for in every kind of target, asked by other means than airkit's, and how somebody else moves one. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeed } from '../../support/engines/command.ts';
import type { ContainerdEngine } from '../../support/engines/containerd.ts';
import type { DockerEngine } from '../../support/engines/docker.ts';
import type { PodmanEngine } from '../../support/engines/podman.ts';
import type { RegistryEngine } from '../../support/engines/registry.ts';
import { recordsOf } from './containerd-records.ts';
import { familiar, idsIn } from './kits.ts';
import { heldBy } from './podman-images.ts';

/** The tags of a target. */
export interface HeldNames {
  /** Canonical names with tags, and the target's own IDs. */
  all(): Promise<Record<string, string>>;
  /** Makes a tag stand for what another one stands for. */
  move(name: string, to: string): Promise<void>;
}

export function namesInDocker(engine: DockerEngine): HeldNames {
  return {
    all: async () => idsIn(engine),
    move: async (name, to) => {
      await succeed(engine.docker('tag', familiar(to), familiar(name)));
    },
  };
}

export function namesInPodman(engine: PodmanEngine): HeldNames {
  return {
    all: async () => {
      const held = Object.entries(await heldBy(engine));
      return tagsOnly(held.map(([name, { id }]) => [name, id]));
    },
    move: async (name, to) => {
      await succeed(engine.podman('tag', to, name));
    },
  };
}

export function namesInContainerd(node: ContainerdEngine): HeldNames {
  return {
    all: async () => tagsOnly(Object.entries(await recordsOf(node))),
    move: async (name, to) => {
      await succeed(node.ctr('images', 'tag', '--force', to, name));
    },
  };
}

/** Names are those that a load gives there: without the host they came from. */
export function namesInRegistry({ host }: RegistryEngine, names: readonly string[]): HeldNames {
  const manifestOf = async (name: string): Promise<Response> =>
    fetch(urlOf(host, name), { headers: { accept: MANIFESTS.join(', ') } });
  return {
    all: async () => {
      const digests = names.map(async (name): Promise<[string, string]> => {
        const { headers } = await manifestOf(name);
        return [name, headers.get('docker-content-digest') ?? ''];
      });
      return tagsOnly((await Promise.all(digests)).filter(([, digest]) => digest !== ''));
    },
    move: async (name, to) => {
      const manifest = await manifestOf(to);
      const headers = { 'content-type': manifest.headers.get('content-type') ?? '' };
      const body = await manifest.arrayBuffer();
      const answer = await fetch(urlOf(host, name), { method: 'PUT', headers, body });
      if (!answer.ok) throw new Error(`the registry answered ${answer.status}`);
    },
  };
}

export function namesInLayout(folder: string): HeldNames {
  const path = join(folder, 'index.json');
  return {
    all: async () => namesIn(await readFile(path, 'utf8')),
    move: async (name, to) => {
      const index: LayoutIndex = JSON.parse(await readFile(path, 'utf8'));
      const target = index.manifests.find(({ annotations }) => annotations[REF_NAME] === to);
      const manifests = index.manifests.map((one) =>
        one.annotations[REF_NAME] === name
          ? { ...target, annotations: { ...one.annotations } }
          : one,
      );
      await writeFile(path, JSON.stringify({ ...index, manifests }));
    },
  };
}

/** Of an archive in the folder of k3s; nobody can move a name in it. */
export async function namesInArchive(path: string): Promise<Record<string, string>> {
  return namesIn(await succeed(run({ file: 'tar', args: ['-xOf', path, 'index.json'] })));
}

const REF_NAME = 'org.opencontainers.image.ref.name';
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

interface LayoutIndex {
  readonly manifests: readonly {
    readonly digest: string;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

function namesIn(indexJson: string): Record<string, string> {
  const { manifests }: LayoutIndex = JSON.parse(indexJson);
  return tagsOnly(
    manifests.map(({ digest, annotations }) => [annotations[REF_NAME] ?? '', digest]),
  );
}

function tagsOnly(names: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(
    names.filter(([name]) => !name.includes('@')).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function urlOf(host: string, name: string): string {
  const [, path = '', tag = ''] = /^[^/]+\/(.*):([^:]+)$/u.exec(name) ?? [];
  return `http://${host}/v2/${path}/manifests/${tag}`;
}
