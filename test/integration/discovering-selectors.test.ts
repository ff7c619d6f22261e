/** Kits of what files name: `discover` in a selector, against a registry. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lock, pack, plan, type BundleIndex } from '../../src/index.ts';
import { demoBundle, makeSite, rootOf, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';

const temporary = useTempFolder();
let site: Site;
let registry: TestRegistry;

beforeEach(async () => {
  site = await makeSite(await temporary.fresh());
  registry = await startTestRegistry();
  const root = await rootOf({ layers: [1, 2] });
  for (const [name, tag] of [
    ['acme/shop', '1'],
    ['acme/shop', '2'],
    ['acme/shop', 'latest'],
    ['acme/tool', '3'],
    ['acme/operand', '4'],
  ] as const)
    registry.put(name, tag, root);
});

afterEach(async () => registry.stop());

async function put(name: string, text: string): Promise<void> {
  await mkdir(dirname(site.path(name)), { recursive: true });
  await writeFile(site.path(name), text.replaceAll('HOST', registry.host));
}

const pod = (image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: shop }\nspec:\n  containers:\n    - image: ${image}\n`;

async function putBundle(discover: object, fields: object = {}): Promise<void> {
  const images = [{ discover, ...fields }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
}

async function packedNames(options: object = {}): Promise<string[]> {
  await pack(site.host, { output: 'kit', force: true, ...options });
  const text = await readFile(site.path('kit/bundle.json'), 'utf8');
  const index: BundleIndex = JSON.parse(text);
  return index.images.map(({ reference }) => reference.replace(`${registry.host}/`, ''));
}

describe('packs', () => {
  test('what manifests, compose files and lists name, each image once', async () => {
    await put('deploy/a.yaml', pod('HOST/acme/shop:1'));
    await put('deploy/deep/b.yaml', pod('HOST/acme/shop:1'));
    await put('compose.yaml', 'services: { tool: { image: "HOST/acme/tool:${TOOL:-3}" } }');
    await put('images.txt', 'HOST/acme/operand:4\n');
    await putBundle({
      kubernetes: ['deploy/**/*.yaml'],
      compose: ['compose.yaml'],
      lists: ['*.txt'],
    });
    expect(await packedNames()).toEqual(['acme/operand:4', 'acme/shop:1', 'acme/tool:3']);
  });

  test('pinned digests as they are pinned', async () => {
    const { descriptor } = await rootOf({ layers: [1, 2] });
    await put('a.yaml', pod(`HOST/acme/shop@${descriptor.digest}`));
    await putBundle({ kubernetes: ['a.yaml'] });
    expect(await packedNames()).toEqual([`acme/shop@${descriptor.digest}`]);
  });

  test('latest where no tag is written, and nothing else of the repository; and says so', async () => {
    await put('a.yaml', pod('HOST/acme/shop'));
    await putBundle({ kubernetes: ['a.yaml'] });
    expect(await packedNames()).toEqual(['acme/shop:latest']);
    const [kit] = await pack(site.host, { output: 'kit', force: true });
    expect(kit?.warnings.join('\n')).toContain(`${registry.host}/acme/shop has no tag`);
  });

  test('nothing that is possible only, and says so', async () => {
    const operator = 'apiVersion: a.b/v1\nkind: C\nspec: { image: "HOST/acme/operand:4" }\n';
    await put('a.yaml', `${pod('HOST/acme/shop:1')}---\n${operator}`);
    await putBundle({ kubernetes: ['a.yaml'] });
    expect(await packedNames()).toEqual(['acme/shop:1']);
    const [kit] = await pack(site.host, { output: 'kit', force: true });
    expect(kit?.warnings.join('\n')).toContain('acme/operand:4');
    const [planned] = await plan(site.host);
    expect(planned?.warnings.join('\n')).toContain('acme/operand:4');
    const include = [`${registry.host}/acme/operand:4`];
    await putBundle({ kubernetes: ['a.yaml'] }, { include });
    expect((await plan(site.host))[0]).toMatchObject({ plan: { images: [{}, {}] }, warnings: [] });
  });

  test('what "include" adds, without what "exclude" leaves out', async () => {
    await put('a.yaml', pod('HOST/acme/shop:1'));
    await put('b.yaml', pod('nowhere.example.com/internal/x:1'));
    await putBundle(
      { kubernetes: ['*.yaml'] },
      { include: [`${registry.host}/acme/tool:3`], exclude: ['*/internal/*'] },
    );
    await put('deploy.yaml', pod('HOST/acme/shop:1'));
    expect(await packedNames()).toEqual(['acme/shop:1', 'acme/tool:3']);
  });

  test('from a layout, when the selector says so', async () => {
    const { writeLayout } = await import('../cli/support/site.ts');
    await writeLayout(site.path('layout'), [await rootOf({ names: ['redis:7'], layers: [5] })]);
    await put('a.yaml', pod('redis:7'));
    await putBundle({ kubernetes: ['a.yaml'] }, { from: 'oci:layout' });
    expect(await packedNames()).toEqual(['docker.io/library/redis:7']);
  });
});

describe('refuses', () => {
  test.each([
    ['a glob without a file', { kubernetes: ['none/**/*.yaml'] }, 'NO_MATCH'],
    ['a path that is not there', { lists: ['none.txt'] }, 'NO_MATCH'],
    ['files that name nothing', { kubernetes: ['empty.yaml'] }, 'NO_MATCH'],
    ['a template', { kubernetes: ['template.yaml'] }, 'SPEC_INVALID'],
    ['a line that is no reference', { lists: ['bad.txt'] }, 'SPEC_INVALID'],
    ['a chart without helm', { helm: ['chart'] }, 'UNSUPPORTED'],
    ['an image that is not there', { kubernetes: ['gone.yaml'] }, 'NO_MATCH'],
  ])('%s', async (_, discover, code) => {
    await put('empty.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n');
    await put('template.yaml', pod('{{ .Values.image }}'));
    await put('bad.txt', 'HOST/acme/shop:1\nno reference\n');
    await put('chart/Chart.yaml', 'apiVersion: v2\nname: a\nversion: 1.0.0\n');
    await put('gone.yaml', pod('HOST/acme/shop:99'));
    await putBundle(discover);
    const host = { ...site.host, environment: { ...site.host.environment, PATH: '/nowhere' } };
    await expect(plan(host)).rejects.toMatchObject({ code });
    await putBundle(discover, { optional: true });
    const isOptional = code === 'NO_MATCH';
    if (!isOptional) await expect(plan(host)).rejects.toMatchObject({ code });
    else expect(await plan(host)).toMatchObject([{ plan: { images: [] } }]);
  });

  test('with file, line and column of every place', async () => {
    await put('bad.txt', 'HOST/acme/shop:1\nno reference\n\n  Upper\n');
    await putBundle({ lists: ['bad.txt'] });
    await expect(plan(site.host)).rejects.toMatchObject({
      context: { path: 'bad.txt', line: 2, column: 1 },
      problems: [
        { subject: 'bad.txt', line: 2, column: 1 },
        { subject: 'bad.txt', line: 4, column: 3 },
      ],
    });
  });
});

describe('a lock', () => {
  test('holds what was discovered, and is stale when a file names something else', async () => {
    await put('a.yaml', pod('HOST/acme/shop:1'));
    await putBundle({ kubernetes: ['a.yaml'] });
    await lock(site.host);
    expect(await packedNames({ lock: 'required' })).toEqual(['acme/shop:1']);
    await put('a.yaml', `# moved by a line\n${pod('HOST/acme/shop:1')}`);
    expect(await packedNames({ lock: 'required' })).toEqual(['acme/shop:1']);
    await put('a.yaml', pod('HOST/acme/shop:2'));
    await expect(pack(site.host, { output: 'kit', force: true })).rejects.toMatchObject({
      code: 'LOCK_STALE',
    });
    await lock(site.host, { update: ['*:2'] });
    expect(await packedNames({ lock: 'required' })).toEqual(['acme/shop:2']);
  });
});
