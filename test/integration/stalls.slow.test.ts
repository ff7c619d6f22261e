/** Peers that take a connection and then say nothing more: nothing may hang for ever. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../src/transports/docker/engine.ts';
import { openRegistryTarget } from '../../src/transports/registry/target.ts';
import { filled, open, readAll } from '../unit/registry/filled-registry.ts';
import { single } from '../unit/registry/pushed-images.ts';
import { accessOf, startRegistry, targetImage } from '../unit/registry/registry-world.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const temporary = useTempFolder();
const PATIENCE = 150;

describe('a registry that stands still', () => {
  test.each([
    ['before it answers', -1],
    ['in the middle of a blob', 50],
  ])('%s is asked again', async (_, after) => {
    const registry = await filled({ stall: { count: 2, after } });
    await using source = await open(registry, ['kube/proxy:latest'], { patience: PATIENCE });
    expect(await readAll(source)).toBe(4);
    if (after > 0)
      expect(registry.seen.some(({ headers }) => headers.range === 'bytes=50-')).toBe(true);
  });

  test.each([-1, 0])('for ever, after %d bytes, fails', async (after) => {
    const registry = await filled({ stall: { count: 1e9, after } });
    await using source = await open(registry, ['kube/proxy:latest'], { patience: PATIENCE });
    await expect(readAll(source)).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
  });

  test('when it has read a blob is sent it again', async () => {
    const registry = await startRegistry({ stallUploads: { count: 2 } });
    const access = { ...accessOf(), patience: PATIENCE };
    await using target = await openRegistryTarget({ ...access, host: registry.host });
    const image = await targetImage('redis:7', await single(1));
    expect(await target.load([image])).toMatchObject({ results: [{ status: 'loaded' }] });
  });
});

test('an engine that does not say what it is fails', async () => {
  const path = `${await temporary.fresh()}/docker.sock`;
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket)).listen(path);
  await once(server, 'listening');
  const environment = { DOCKER_HOST: `unix://${path}` };
  await expect(openEngine({ environment, side: 'source', patience: 200 })).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    context: { address: `unix://${path}` },
  });
  for (const socket of sockets) socket.destroy();
  server.close();
});
