/** The whole offline side on a machine without Node and network, with the commands of the README. */
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { makeBareRoot, type BareRoot, type BareRootOptions } from '../support/engines/bare-root.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { loadedBy } from '../support/load-script.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { idsIn, imageIds, pack, writeBundles } from './support/kits.ts';

/** Where the README has the kit, and the keys of the person who loads it. */
const KIT = '/mnt/usb/k8s-offline-1.30.2';
const KEYS = ['release.pub', 'release.allowed_signers'];

/** The shell commands below a heading of the README, one string for each block. */
async function readmeCommands(heading: string): Promise<string[]> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const section = readme.split(`\n${heading}\n`)[1]?.split('\n##')[0] ?? '';
  return [...section.matchAll(/```sh\n(.*?)```/gsu)].map(([, commands = '']) => commands);
}

describeWithEngines(['docker', 'ssh'], 'without airkit, Node and network', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const target = useEngine(() => startDocker());
  let outside: AirkitPlace;
  let root: BareRoot;
  const kit = (): string => outside.path('dist', 'gzip');
  const options = (): BareRootOptions => ({
    binds: { [KIT]: kit(), '/engine': target().folder },
    env: { DOCKER_HOST: 'unix:///engine/docker.sock' },
  });

  beforeAll(async () => {
    await buildBusyboxImages(source());
    outside = await makeAirkitPlace(await folder.fresh(), { DOCKER_HOST: source().host });
    await succeeds(outside.airkit('keygen', '-o', 'release'));
    const images = [{ from: 'docker', include: ['*'] }];
    await writeBundles(outside, { name: 'gzip', images, layers: 'gzip' });
    await pack(outside, '--key', 'release.key');
    const tools = ['dash', 'openssl', 'ssh-keygen', 'docker'];
    root = await makeBareRoot(await folder.fresh(), tools);
    for (const key of KEYS) await copyFile(outside.path(key), join(root.path, 'root', key));
  });

  test('there is neither Node nor another machine', async () => {
    const script = 'command -v node || command -v npm || wget -T 5 -O - http://127.0.0.1/';
    expect((await root.sh(script, options())).code).not.toBe(0);
  });

  test('the commands of the README verify and load', async () => {
    const [verifying = '', loading = '', ...more] = await readmeCommands(
      '### Without airkit inside',
    );
    expect(more).toEqual([]);
    const verified = await succeed(root.sh(`set -e\n${verifying}`, options()));
    expect(verified.split('\n')).toEqual(
      expect.arrayContaining(['Verified OK', 'bundle.tar: OK', 'load.sh: OK']),
    );
    const loaded = await root.sh(`set -e\ncd ${KIT}\n${loading}`, options());
    const ids = await imageIds(kit());
    expect(loaded.code).toBe(0);
    expect(await idsIn(target())).toEqual(ids);
    await succeed(target().docker('rmi', '--force', ...Object.values(ids)));
  });

  describe.each(['sh', 'dash'])('run by %s of busybox or Debian', (shell) => {
    test('load.sh takes the keys of /etc/airkit/trust, and writes its receipt', async () => {
      const trust = join(root.path, 'etc', 'airkit', 'trust');
      const script = `${shell} ${KIT}/load.sh`;
      await mkdir(trust, { recursive: true });
      const ids = await imageIds(kit());
      for (const key of KEYS) {
        await succeed(root.sh('rm -rf /var/lib/airkit /etc/airkit/trust/*', options()));
        expect((await root.sh(script, { ...options(), shell })).code).toBe(4);
        await copyFile(outside.path(key), join(trust, key));
        const loaded = await root.sh(script, { ...options(), shell });
        expect([loaded.code, Object.keys(loadedBy(loaded))]).toEqual([0, Object.keys(ids)]);
        const [receipt = '', ...more] = await readdir(join(root.path, 'var/lib/airkit/receipts'));
        expect(more).toEqual([]);
        const text = await readFile(join(root.path, 'var/lib/airkit/receipts', receipt), 'utf8');
        expect(text).toMatch(new RegExp(`\nsigned\t.*${key}.*\n`, 'u'));
        expect(text).toContain(loaded.stdout);
        expect(text.endsWith('\nexit code\t0\n')).toBe(true);
      }
    });

    test('load.sh without any engine that answers exits 3', async () => {
      const script = `${shell} ${KIT}/load.sh -k /root/release.pub`;
      const env = { DOCKER_HOST: 'unix:///nowhere.sock' };
      for (const engine of ['', '-e docker', '-e podman', '-e ctr', '-e nerdctl'])
        expect((await root.sh(`${script} ${engine}`, { ...options(), env, shell })).code).toBe(3);
    });
  });
});
