/** An engine that takes calls and never answers is left behind, with every connection to it. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { connectDocker } from '../../../src/transports/docker/connect.ts';
import { openEngine } from '../../../src/transports/docker/engine.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();

test.each([
  ['the signal', { patience: 60_000, aborts: true }],
  ['its patience', { patience: 500, aborts: false }],
] as const)('by %s', async (_, { patience, aborts }) => {
  const path = join(await folder.fresh(), 'docker.sock');
  const calls: Socket[] = [];
  const server = createServer((call) => void calls.push(call.resume())).listen(path);
  await once(server, 'listening');
  const stop = new AbortController();
  const environment = { DOCKER_HOST: `unix://${path}` };
  const opening = openEngine({ environment, side: 'target', patience }, { signal: stop.signal });
  const failing = expect(opening).rejects.toMatchObject({
    code: aborts ? 'STOPPED' : 'TARGET_FAILED',
  });
  await expect.poll(() => calls.length).toBeGreaterThan(0);
  if (aborts) stop.abort(Object.assign(new Error('stopped'), { code: 'STOPPED' }));
  await failing;
  await new Promise((resolve) => {
    server.close(resolve); // It waits for all connections.
  });
  expect(calls.map(({ destroyed }) => destroyed)).not.toContain(false);
});

test('docker-modem, which describes each request, has little to describe', async () => {
  const environment = { DOCKER_HOST: `unix://${join(await folder.fresh(), 'docker.sock')}` };
  await using connection = await connectDocker({ environment });
  const described = inspect(connection.client.modem, { showHidden: true, depth: null });
  expect(described).toMatch(/agent: Agent\b(?! \{)/);
});
