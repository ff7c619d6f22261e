/** docs/from-docker.md: both sides of every row, on real engines; what docker does decides what is right. */
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { buildBusyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed, type Outcome } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startSsh } from '../support/engines/ssh.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, flipByte, idsIn, sha256Of } from './support/kits.ts';
import {
  openShell,
  readRecipes,
  writeShownFiles,
  type Recipe,
  type Shell,
} from './support/recipes.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/from-docker.md', import.meta.url));
const recipes = await readRecipes(DOCUMENT);

const LINE = 'redis:7 runs';

/** Containers that ran to their end, with what they wrote left in them. */
async function makeContainers(shell: Shell): Promise<void> {
  await shell.sh('docker rm -f app web db; docker rmi -f app:v1');
  for (const name of ['app', 'web', 'db'])
    await succeed(shell.sh(`docker run --name ${name} --network none -e NAME=${name} redis:7`));
}

interface Held {
  readonly Config: { readonly Cmd: readonly string[] | null; readonly Env: readonly string[] };
  readonly RootFS: { readonly Layers: readonly string[] };
}

async function imageIn(shell: Shell, name: string): Promise<Held> {
  const [image] = JSON.parse(await succeed(shell.sh(`docker image inspect ${name}`)));
  return image;
}

describeWithEngines(['docker', 'ssh'], 'docs/from-docker.md', () => {
  const folder = useTempFolder();
  const outside = useEngine(() => startDocker());
  const inside = useEngine(() => startDocker());
  const server = useEngine(() => startSsh({ dockerHost: inside().host }));

  beforeAll(async () => {
    await buildBusyboxImages(outside());
  });

  const shellOutside = async (): Promise<Shell> =>
    openShell(await folder.fresh(), { host: outside().host, server: server() });
  const shellInside = async (): Promise<Shell> =>
    openShell(await folder.fresh(), { host: inside().host });

  async function emptyInside(): Promise<void> {
    const ids = (await succeed(inside().docker('images', '-aq'))).split('\n').filter(Boolean);
    if (ids.length > 0) await succeed(inside().docker('rmi', '--force', ...new Set(ids)));
  }

  /** What the inner engine has after a command has run, in an engine that was empty. */
  async function after(command: () => Promise<unknown>): Promise<Record<string, string>> {
    await emptyInside();
    await command();
    return idsIn(inside());
  }

  /** A command that writes a file outside; stock docker loads it inside. */
  async function carried(command: string): Promise<Record<string, string>> {
    const shell = await shellOutside();
    await succeed(shell.sh(command));
    const name = (await readdir(shell.folder)).find((one) => one.includes('.tar'));
    return after(async () =>
      succeed(inside().docker('load', '-i', join(shell.folder, name ?? ''))),
    );
  }

  async function savesTheSame({ today, airkit }: Recipe): Promise<void> {
    const expected = await carried(today);
    expect(Object.keys(expected).length).toBeGreaterThan(0);
    expect(await carried(airkit)).toEqual(expected);
    const [one, other] = [await shellOutside(), await shellOutside()];
    await succeed(one.sh(airkit));
    await succeed(other.sh(airkit));
    const name = (await readdir(one.folder)).find((file) => file.includes('.tar')) ?? '';
    expect(await sha256Of(join(other.folder, name))).toBe(await sha256Of(join(one.folder, name)));
    if (airkit.includes('-o ')) expect((await one.sh(airkit)).code).toBe(2);
  }

  /** Every file that a row may ask for, as docker and the system's tools write them. */
  async function delivered(): Promise<Shell> {
    const shell = await shellInside();
    const outer = await shellOutside();
    await succeed(
      outer.sh('docker save -o redis.tar redis:7 && gzip -k redis.tar && bzip2 -k redis.tar'),
    );
    for (const name of ['redis.tar', 'redis.tar.gz', 'redis.tar.bz2'])
      await copyFile(join(outer.folder, name), join(shell.folder, name));
    return shell;
  }

  async function loadsTheSame({ today, airkit }: Recipe): Promise<void> {
    const shell = await delivered();
    const expected = await after(async () => succeed(shell.sh(today)));
    expect(Object.keys(expected)).toHaveLength(1);
    expect(await after(async () => succeed(shell.sh(airkit)))).toEqual(expected);
    const files = await readdir(join(shell.folder, 'cache'), { recursive: true }).catch(() => []);
    expect(files.filter((name) => name.includes('stdin-'))).toEqual([]);
  }

  async function sendsTheSame({ today, airkit }: Recipe): Promise<void> {
    const shell = await shellOutside();
    const expected = await after(async () => succeed(shell.sh(today)));
    expect(await after(async () => succeed(shell.sh(airkit)))).toEqual(expected);
    expect(await readdir(shell.folder)).not.toContain('cache');
  }

  async function refusesExports({ today, airkit }: Recipe): Promise<void> {
    const [shell, target] = [await shellOutside(), await shellInside()];
    await makeContainers(shell);
    await succeed(shell.sh(today));
    await copyFile(join(shell.folder, 'app.tar'), join(target.folder, 'app.tar'));
    expect((await target.sh('docker load -i app.tar')).code).not.toBe(0);
    const refused: Outcome = await target.sh('airkit load app.tar --allow-unsigned');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('rootfs:');
    const loaded = await carried(airkit);
    expect(Object.keys(loaded)).toEqual([canonical('app:v1')]);
    const image = await imageIn(target, 'app:v1');
    expect(image.Config.Env).toContain('NAME=app');
    expect(image.RootFS.Layers).toHaveLength(1);
    expect(await succeed(target.sh('docker run --rm --network none app:v1'))).toBe(LINE);
  }

  async function keepsTheCommand({ today, airkit }: Recipe): Promise<void> {
    const shell = await shellOutside();
    await makeContainers(shell);
    await succeed(shell.sh(today));
    expect((await imageIn(shell, 'app:v1')).Config.Cmd).toBeNull();
    await makeContainers(shell);
    await succeed(shell.sh(airkit));
    expect((await imageIn(shell, 'app:v1')).RootFS.Layers).toHaveLength(1);
    expect(await succeed(shell.sh('docker run --rm --network none app:v1'))).toBe(LINE);
    await shell.sh('docker rm -f app web db; docker rmi -f app:v1');
  }

  async function packsContainers({ today, airkit }: Recipe): Promise<void> {
    const shell = await shellOutside();
    await makeContainers(shell);
    await succeed(shell.sh(today));
    await writeShownFiles(DOCUMENT, shell.folder);
    await succeed(shell.sh(airkit));
    const archive = join(shell.folder, 'dist/snapshots-1/bundle.tar');
    const target = await shellInside();
    const loaded = await after(async () =>
      succeed(target.sh(`airkit load ${archive} --allow-unsigned`)),
    );
    const names = ['snapshots/db:v1', 'snapshots/web:v1'].map(canonical);
    expect(Object.keys(loaded).toSorted()).toEqual(names);
    const first = await sha256Of(archive);
    await succeed(shell.sh(`${airkit} --force`));
    expect(await sha256Of(archive)).toBe(first);
  }

  async function importsFiles({ today, airkit }: Recipe): Promise<void> {
    const shell = await shellOutside();
    await makeContainers(shell);
    await succeed(shell.sh('docker export app > app.tar'));
    await writeShownFiles(DOCUMENT, shell.folder);
    await succeed(shell.sh(today));
    const expected = await imageIn(shell, 'app:v1');
    await succeed(shell.sh('docker rmi app:v1'));
    await succeed(shell.sh(airkit));
    const image = await imageIn(shell, 'app:v1');
    expect(image.Config.Cmd).toEqual(expected.Config.Cmd);
    expect(image.RootFS).toEqual(expected.RootFS);
    await shell.sh('docker rm -f app web db; docker rmi -f app:v1');
  }

  async function findsDamage({ today, airkit }: Recipe): Promise<void> {
    const shell = await shellOutside();
    await succeed(shell.sh('airkit save -o redis.tar redis:7'));
    await succeed(shell.sh(today));
    await succeed(shell.sh(airkit));
    await flipByte(join(shell.folder, 'redis.tar'), 100_000);
    await succeed(shell.sh(today));
    expect((await shell.sh(airkit)).code).toBe(4);
  }

  async function tellsWhatIsThere({ today, airkit }: Recipe): Promise<void> {
    const shell = await delivered();
    await emptyInside();
    expect((await succeed(shell.sh(airkit))).includes('would be loaded')).toBe(true);
    await succeed(shell.sh('docker load -i redis.tar'));
    expect(await succeed(shell.sh(today))).toContain('redis');
    expect(await succeed(shell.sh(airkit))).toContain('already-present');
  }

  const checks: Readonly<Record<string, (recipe: Recipe) => Promise<void>>> = {
    'docker save -o redis.tar redis:7': savesTheSame,
    'docker save -o images.tar redis:7 nginx:1.25': savesTheSame,
    [`docker save -o k8s.tar $(docker images | grep k8s | awk '{print $1":"$2}')`]: savesTheSame,
    'docker save redis:7 | gzip > redis.tar.gz': savesTheSame,
    "docker save redis:7 | bzip2 | pv | ssh ops@node7 'bunzip2 | docker load'": sendsTheSame,
    'docker load -i redis.tar': loadsTheSame,
    'docker load -i redis.tar.gz': loadsTheSame,
    'bunzip2 -c redis.tar.bz2 | docker load': loadsTheSame,
    'docker load < redis.tar': loadsTheSame,
    'docker load -i redis.tar && docker tag redis:7 site.local/redis:7 && docker rmi redis:7':
      loadsTheSame,
    'docker export app > app.tar': refusesExports,
    'docker export app | docker import - app:v1': keepsTheCommand,
    'docker export web > web.tar; docker export db > db.tar': packsContainers,
    [`docker import --change 'CMD ["/bin/busybox"]' app.tar app:v1`]: importsFiles,
    'tar -tf redis.tar': findsDamage,
    'docker images': tellsWhatIsThere,
  };

  test('every row is run, and nothing but rows', () => {
    expect(recipes.map(({ today }) => today)).toEqual(Object.keys(checks));
  });

  test.each(recipes.map((recipe) => [recipe.today, recipe] as const))(
    '%s',
    async (today, recipe) => {
      await checks[today]?.(recipe);
    },
  );
});
