/** An image that takes a while to export, pack and load. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, succeed } from '../../support/engines/command.ts';
import type { DockerEngine } from '../../support/engines/docker.ts';

export const largeImage = 'large/k8s-noise:1';

export interface NoiseSize {
  readonly layers: number;
  /** Of each layer. */
  readonly mebibytes: number;
}

/** Builds {@link largeImage}: layers of noise. */
export async function buildLargeImage(
  engine: DockerEngine,
  { layers, mebibytes }: NoiseSize,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'airkit-large-'));
  try {
    const names = Array.from({ length: layers }, (_, position) => `noise-${position}`);
    for (const name of names)
      await writeFile(join(context, name), randomBytes(mebibytes * 2 ** 20));
    const lines = ['FROM scratch', ...names.map((name) => `COPY ${name} /${name}`), 'CMD ["/x"]'];
    await writeFile(join(context, 'Dockerfile'), lines.join('\n'));
    const command = engine.command('build', '--quiet', '--tag', largeImage, context);
    await succeed(run({ ...command, env: { ...command.env, DOCKER_BUILDKIT: '0' } }));
  } finally {
    await rm(context, { recursive: true });
  }
}
