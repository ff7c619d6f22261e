/** A dozen tiny images that really run, named as release engineers' images are, and sharing layers as theirs do. */
import { copyFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, succeed } from './engines/command.ts';
import type { DockerEngine } from './engines/docker.ts';

export interface BusyboxImage {
  readonly name: string;
  /** A further tag of the same image. */
  readonly alsoNamed?: string;
  /** One layer each, above the busybox layer that all share. The same level again gives the same layer again. */
  readonly levels: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

const core = { tier: 'core' };

/** What {@link buildBusyboxImages} makes. Two of them (k8s-agent) have the same layers and differ in their config. */
export const busyboxImages: readonly BusyboxImage[] = [
  image('registry.k8s.io/kube-proxy:v1.30.2', ['kubernetes', 'node', 'proxy'], core),
  image('registry.k8s.io/kube-apiserver:v1.30.2', ['kubernetes', 'control', 'apiserver'], core),
  image('registry.k8s.io/kube-scheduler:v1.30.2', ['kubernetes', 'control', 'scheduler'], core),
  { ...image('registry.k8s.io/pause:3.9', []), alsoNamed: 'registry.k8s.io/pause:latest' },
  image('registry.k8s.io/coredns/coredns:v1.11.1', ['kubernetes', 'dns']),
  image('ghcr.io/acme/k8s-agent:2.3.0', ['acme', 'agent'], { vendor: 'acme' }),
  image('ghcr.io/acme/k8s-agent:2.3.0-rc1', ['acme', 'agent'], { vendor: 'acme' }),
  image('ghcr.io/acme/api:1.4', ['acme', 'api'], { vendor: 'acme' }),
  image('quay.io/k8s-tools/debug:0.9', ['tools', 'tools', 'debug', 'tools']),
  image('redis:7', ['redis']),
  image('nginx:1.25', ['nginx']),
  image('localhost:5000/k8s/dash:1', ['kubernetes', 'dash']),
];

/** Every name, with the second tags. */
export const busyboxNames: readonly string[] = busyboxImages.flatMap(({ name, alsoNamed }) =>
  alsoNamed === undefined ? [name] : [name, alsoNamed],
);

/** The line an image prints when it runs. */
export function lineOf({ name }: BusyboxImage): string {
  return `${name} runs`;
}

/** Builds the images in an engine with its classic builder. The layers' bytes are the same on every run. */
export async function buildBusyboxImages(engine: DockerEngine): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'airkit-busybox-'));
  try {
    await fillContext(context);
    for (const one of busyboxImages) await build(engine, context, one);
  } finally {
    await rm(context, { recursive: true });
  }
}

function image(
  name: string,
  levels: readonly string[],
  labels: Record<string, string> = {},
): BusyboxImage {
  return { name, levels, labels };
}

async function fillContext(context: string): Promise<void> {
  await copyFile('/bin/busybox', join(context, 'busybox'));
  await mkdir(join(context, 'levels'));
  const levels = new Set(busyboxImages.flatMap((one) => one.levels));
  for (const level of levels) await writeFile(join(context, 'levels', level), `${level}\n`);
  const files = ['busybox', ...[...levels].map((level) => join('levels', level))];
  for (const file of files) await utimes(join(context, file), 1_700_000_000, 1_700_000_000);
}

async function build(engine: DockerEngine, context: string, one: BusyboxImage): Promise<void> {
  await writeFile(join(context, 'Dockerfile'), dockerfile(one));
  const tags = [one.name, ...(one.alsoNamed === undefined ? [] : [one.alsoNamed])];
  const flags = tags.flatMap((tag) => ['--tag', tag]);
  const command = engine.command('build', '--quiet', ...flags, context);
  await succeed(run({ ...command, env: { ...command.env, DOCKER_BUILDKIT: '0' } }));
}

/** Files go to the root folder: a new folder in a layer would carry the time of the build. */
function dockerfile(one: BusyboxImage): string {
  const labels = Object.entries(one.labels).map(([name, value]) => `LABEL ${name}=${value}`);
  return [
    'FROM scratch',
    'COPY busybox /busybox',
    ...one.levels.map((level) => `COPY levels/${level} /${level}`),
    ...labels,
    `CMD ${JSON.stringify(['/busybox', 'echo', lineOf(one)])}`,
  ].join('\n');
}
