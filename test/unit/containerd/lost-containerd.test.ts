/** A containerd that goes while ctr imports: ctr would wait for it for ever, airkit does not. */
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { ImageTarget, TargetImage } from '../../../src/content/image.ts';
import { openContainerdTarget } from '../../../src/transports/containerd/target.ts';
import { targetImage } from '../../support/target-image.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { single } from '../registry/pushed-images.ts';

const FIRST = 'docker.io/acme/first:1';
const SECOND = 'docker.io/acme/second:1';
const folder = useTempFolder();

/** Answers for an empty containerd; an import never ends, and after one began nothing else is answered. */
const CTR = `case " $* " in
*' images import '*) echo "$$" >"$HOME/importing"; exec sleep 100;;
*' --version '*) echo 'ctr containerd.io 1.7.1'; exit;;
esac
[ -e "$HOME/importing" ] && { echo 'ctr: failed to dial' >&2; exit 1; }
case " $* " in
*' plugins ls '*) echo 'io.containerd.snapshotter.v1 overlayfs linux/amd64 ok';;
esac
`;

interface Node {
  readonly address: string;
  readonly server: Server;
  readonly target: ImageTarget;
  /** From then on its ctr answers nothing else. */
  readonly isImporting: () => Promise<boolean>;
}

async function startNode(): Promise<Node> {
  const home = await folder.fresh();
  await writeFile(join(home, 'ctr'), `#!/bin/sh\n${CTR}`, { mode: 0o755 });
  const address = join(home, 'containerd.sock');
  const server = createServer((connection) => connection.destroy()).listen(address);
  await once(server, 'listening');
  const environment = {
    HOME: home,
    PATH: `${home}${delimiter}${process.env['PATH'] ?? ''}`,
    CONTAINERD_ADDRESS: address,
  };
  const target = await openContainerdTarget({ namespace: 'k8s.io', environment });
  const isImporting = async (): Promise<boolean> =>
    stat(join(home, 'importing')).then(
      () => true,
      () => false,
    );
  return { address, server, target, isImporting };
}

const two = async (): Promise<TargetImage[]> => [
  await targetImage(FIRST, await single(1)),
  await targetImage(SECOND, await single(2)),
];

/** Lets seconds pass, as intervals count them; the looks at the socket are real, and over after a few turns. */
async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 1) {
    await vi.advanceTimersByTimeAsync(1000);
    for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
  }
}

afterEach(() => {
  vi.useRealTimers();
});

test('an import ends when nobody listens on the socket any more', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const node = await startNode();
  let isOver = false;
  const loading = node.target.load(await two()).finally(() => (isOver = true));
  await expect.poll(node.isImporting).toBe(true);
  await pass(30);
  expect(isOver).toBe(false);
  node.server.close();
  await pass(15);
  const { results } = await loading;
  expect(results).toMatchObject([
    { reference: FIRST, status: 'failed' },
    { reference: SECOND, status: 'failed' },
  ]);
});

test('a containerd that is back within seconds is waited for', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const node = await startNode();
  const stop = new AbortController();
  const reason = new Error('enough');
  const loading = node.target.load(await two(), { signal: stop.signal });
  const rejected = expect(loading).rejects.toBe(reason);
  await expect.poll(node.isImporting).toBe(true);
  for (let gaps = 0; gaps < 3; gaps += 1) {
    node.server.close();
    await pass(5);
    await once(node.server.listen(node.address), 'listening');
    await pass(5);
  }
  stop.abort(reason);
  await rejected;
  node.server.close();
});
