/** load.sh where something is wrong that only the machine or its engine shows. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { makeSite, rootOf, writeBundles, writeLayout, type Site } from '../cli/support/site.ts';
import { withCopy } from '../integration/support/kit-editor.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed, type Outcome } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { loadedBy, loadScript, shells, sumAgain } from '../support/load-script.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { exists, idsIn, imageIds } from './support/kits.ts';

const [own, other] = process.arch === 'arm64' ? ['arm64', 'amd64'] : ['amd64', 'arm64'];
const FILES = ['bundle.json', 'bundle.tar', 'images.txt', 'load.sh'];

/** A site with kits of two images for this machine, and for another kind of machine. */
async function makeKits(folder: string): Promise<Site> {
  const site = await makeSite(folder);
  for (const architecture of [own, other]) {
    const recipe = (name: string, layer: number) => ({
      names: [name],
      architecture,
      layers: [1, layer],
    });
    const roots = [await rootOf(recipe('redis:7', 2)), await rootOf(recipe('nginx:1', 3))];
    await writeLayout(site.path(`layout-${architecture}`), roots);
    const images = [{ from: `oci:layout-${architecture}`, include: ['*'] }];
    await writeBundles(site.path('bundles.yaml'), [{ name: 'x', version: '1', images }]);
    await pack(site.host, { output: architecture });
  }
  return site;
}

/** images.txt with other digests for the images whose name has a text in it. */
function withOtherIds(imagesTxt: string, text: string): string {
  const lines = imagesTxt.split('\n').map((line) => {
    const isOther = line.includes(text);
    return isOther ? line.replaceAll(/sha256:.{8}/gu, 'sha256:00000000') : line;
  });
  return lines.join('\n');
}

describeWithEngines(['docker'], 'load.sh', () => {
  const folder = useTempFolder();
  const target = useEngine(() => startDocker());
  let site: Site;

  beforeAll(async () => {
    site = await makeKits(await folder.fresh());
  });

  const receipt = (): string => site.path('receipt.txt');
  const removeAll = async (): Promise<void> => {
    const names = Object.keys(await idsIn(target()));
    if (names.length > 0) await succeed(target().docker('rmi', '--force', ...names));
  };

  describe.each(shells)('run by %s', (shell) => {
    const load = async (kit: string, ...more: string[]): Promise<Outcome> => {
      await rm(receipt(), { force: true });
      const args = ['--allow-unsigned', '-r', receipt(), ...more];
      return loadScript({ shell, kit, args, env: { DOCKER_HOST: target().host } });
    };
    test('refuses a kit for another kind of machine, and a receipt in the kit', async () => {
      expect((await load(site.path(other))).code).toBe(2);
      expect((await load(site.path(own), '-r', site.path(own, 'receipt.txt'))).code).toBe(2);
      expect(await exists(site.path(own, 'receipt.txt'))).toBe(false);
      expect(await idsIn(target())).toEqual({});
    });

    test('says failed of an image that is another one than images.txt says', async () => {
      await withCopy(site.path(own), async (copy) => {
        const path = join(copy, 'images.txt');
        const text = await readFile(path, 'utf8');
        const ids = await imageIds(copy);
        for (const [wrong, statuses, code] of [
          ['redis', ['loaded', 'failed'], 5],
          ['', ['failed', 'failed'], 3],
        ] as const) {
          await removeAll();
          await writeFile(path, withOtherIds(text, wrong));
          await sumAgain(copy, FILES);
          const loaded = await load(copy);
          const results = Object.values(loadedBy(loaded));
          expect([loaded.code, results.map(([status]) => status)]).toEqual([code, statuses]);
          expect(results.map(([, id]) => id)).toEqual(Object.values(ids));
          expect(await readFile(receipt(), 'utf8')).toContain(`\nexit code\t${code}\n`);
        }
      });
    });

    test('never exits 0 when the engine refuses the archive', async () => {
      await withCopy(site.path(own), async (copy) => {
        await removeAll();
        const archive = await readFile(join(copy, 'bundle.tar'));
        await writeFile(join(copy, 'bundle.tar'), archive.subarray(0, -4096));
        await sumAgain(copy, FILES);
        expect((await load(copy)).code).toBe(3);
        expect((await load(site.path(own))).code).toBe(0);
        expect((await load(copy)).code).toBe(5);
      });
    });

    test('joins volumes, also from several folders', async () => {
      await withCopy(site.path(own), async (copy) => {
        await removeAll();
        const archive = await readFile(join(copy, 'bundle.tar'));
        const parts = Array.from({ length: 11 }, (_, part) => {
          const name = `bundle.tar.${String(part + 1).padStart(3, '0')}`;
          return {
            name,
            bytes: archive.subarray(part * 1000, part === 10 ? undefined : part * 1000 + 1000),
          };
        });
        for (const { name, bytes } of parts) await writeFile(join(copy, name), bytes);
        const names = parts.map(({ name }) => name);
        await sumAgain(copy, ['bundle.json', 'images.txt', ...names]);
        await mkdir(`${copy}-second`);
        for (const name of names.slice(5))
          await rename(join(copy, name), join(`${copy}-second`, name));
        await rm(join(copy, 'bundle.tar'));
        expect((await load(copy, '-v', `${copy}-second`)).code).toBe(0);
        expect(await idsIn(target())).toEqual(await imageIds(site.path(own)));
        await removeAll();
      });
    });
  });
});
