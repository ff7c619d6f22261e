/** A container that has all that a snapshot keeps, and some that it must not. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, succeed } from '../../support/engines/command.ts';
import type { DockerEngine } from '../../support/engines/docker.ts';

/** Links of both kinds, a pipe, a folder that anybody may write to, a file of somebody else's. */
const FILES = [
  '/bin/busybox mkdir -p /data /etc /home/app /tmp',
  '/bin/busybox ln -s busybox /bin/sh',
  '/bin/busybox ln /bin/busybox /bin/hard',
  '/bin/busybox chmod 1777 /tmp',
  'echo first > /home/app/file',
  '/bin/busybox chown 1000:1000 /home/app /home/app/file',
  '/bin/busybox mkfifo /home/app/pipe',
].join(' && ');

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", ${JSON.stringify(FILES)}]
ENV COLOUR=blue MOTTO="two  words"
WORKDIR /home/app
USER 1000
LABEL vendor=acme
EXPOSE 80 53/udp
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=3s --retries=2 CMD ["/bin/busybox", "true"]
ENTRYPOINT ["/bin/busybox", "sh", "-c"]
CMD ["/bin/busybox sleep 1000"]
`;

/** Builds the image `snapshots/base:1` with the classic builder. */
export async function buildBase(engine: DockerEngine): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'airkit-base-'));
  try {
    await copyFile('/bin/busybox', join(context, 'busybox'));
    await writeFile(join(context, 'Dockerfile'), DOCKERFILE);
    const command = engine.command('build', '--quiet', '--tag', 'snapshots/base:1', context);
    await succeed(run({ ...command, env: { ...command.env, DOCKER_BUILDKIT: '0' } }));
  } finally {
    await rm(context, { recursive: true });
  }
}

/** Flags for `docker run`: the harness has no network. */
export const RUN = ['--network', 'none'] as const;

/** `docker inspect` of an image. */
export async function inspectImage(engine: DockerEngine, name: string): Promise<InspectedImage> {
  const [image] = JSON.parse(await succeed(engine.docker('image', 'inspect', name)));
  return image;
}

export interface InspectedImage {
  readonly Id: string;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly RootFS: { readonly Layers: readonly string[] };
}

/**
 * Members of a config that say something; engines write others as null, empty or not at all. Variables are sorted: podman
 * keeps them in an order of its own.
 */
export function said(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = new Set([
    'Hostname',
    'Domainname',
    'Image',
    'AttachStdin',
    'AttachStdout',
    'AttachStderr',
  ]);
  const entries = Object.entries(config).filter(
    ([key, value]) =>
      !own.has(key) &&
      value !== null &&
      value !== '' &&
      value !== false &&
      Object.keys(Object(value)).length > 0,
  );
  const { Env: env, ...rest } = Object.fromEntries(entries);
  return Array.isArray(env) ? { ...rest, Env: env.map(String).toSorted() } : rest;
}
