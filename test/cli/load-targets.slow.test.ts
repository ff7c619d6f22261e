import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { load, pack, parseReceipt, type ProgressEvent, type Receipt } from '../../src/index.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startRegistry } from '../unit/registry/registry-world.ts';
import { damagedCopy } from './support/damaged-kit.ts';
import { airkit, airkitJson } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const NAMES = [
  'docker.io/library/redis:7',
  'ghcr.io/acme/k8s-agent:2.3.0',
  'registry.k8s.io/kube-proxy:v1.30.2',
];
const LOAD = ['load', 'kit', '--trust', 'release.pub', '--receipt', 'receipt.json'];
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
});

const resultsIn = (target: string, status: string): object[] =>
  NAMES.map((reference) => ({ target, reference, status }));

describe('several targets', () => {
  test('are loaded at once, each with its own results and one receipt for all', async () => {
    const registry = await startRegistry();
    const there = `registry://${registry.host}/team`;
    const { code, document } = await airkitJson(site, [...LOAD, '--to', 'oci:two', '--to', there]);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      targets: [
        { target: 'oci:two', sentBytes: expect.any(Number) },
        { target: there, sentBytes: expect.any(Number) },
      ],
      results: [...resultsIn('oci:two', 'loaded'), ...resultsIn(there, 'loaded')],
      receipt: site.path('receipt.json'),
    });
    expect(document['target']).toBeUndefined();
    expect(registry.repositories.get('team/library/redis')?.tags.has('7')).toBe(true);
    const receipt = parseReceipt(await readFile(site.path('receipt.json')), 'receipt.json');
    expect(receipt).toMatchObject({
      kind: 'load',
      status: 'done',
      targets: [{ target: 'oci:two' }, { target: there }],
      results: [...resultsIn('oci:two', 'loaded'), ...resultsIn(there, 'loaded')],
    });
  });

  test('of which one is no engine: nothing is sent anywhere', async () => {
    const env = { DOCKER_HOST: `unix://${site.path('no.sock')}` };
    const args = [...LOAD, '--to', 'oci:spared', '--to', 'docker', '--receipt', 'spared.json'];
    const { code, document } = await airkitJson(site, args, { env });
    expect({ code, error: document.error?.code }).toEqual({ code: 3, error: 'TARGET_FAILED' });
    expect(existsSync(site.path('spared'))).toBe(false);
    expect(existsSync(site.path('spared.json'))).toBe(false);
  });

  test('of which one is no engine: with --keep-going the others are loaded', async () => {
    const env = { DOCKER_HOST: `unix://${site.path('no.sock')}` };
    const args = [...LOAD, '--to', 'oci:kept', '--to', 'docker', '--keep-going'];
    const { code, document } = await airkitJson(site, args, { env });
    expect({ code, error: document.error?.code }).toEqual({ code: 5, error: 'PARTLY_DONE' });
    expect(document).toMatchObject({
      targets: [{ target: 'oci:kept' }, { target: 'docker', error: { code: 'TARGET_FAILED' } }],
      results: [...resultsIn('oci:kept', 'loaded'), ...resultsIn('docker', 'failed')],
    });
  });

  test('that fail in the middle leave the others alone', async () => {
    const registry = await startRegistry({ missingProject: 'team' });
    const there = `registry://${registry.host}/team`;
    const { code, document } = await airkitJson(site, [...LOAD, '--to', there, '--to', 'oci:well']);
    expect(code).toBe(5);
    expect(document['results']).toMatchObject([
      ...resultsIn(there, 'failed'),
      ...resultsIn('oci:well', 'loaded'),
    ]);
    const receipt = parseReceipt(await readFile(site.path('receipt.json')), 'receipt.json');
    expect(receipt.status).toBe('partly');
  });

  test('named twice exit 2', async () => {
    const { code, document } = await airkitJson(site, [...LOAD, '--to', 'oci:x', '--to', 'oci:x']);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'USAGE' });
  });

  test('are all left as they were by a kit that turns out damaged', async () => {
    const damage = { reference: NAMES[2] ?? '', part: 'layer' } as const;
    await damagedCopy(site.path('kit'), site.path('damaged'), damage);
    const registry = await startRegistry();
    const args = ['load', 'damaged', ...LOAD.slice(2), '--to', `registry://${registry.host}`];
    const { code } = await airkitJson(site, [...args, '--to', 'oci:unnamed']);
    expect(code).toBe(4);
    expect([...registry.repositories.values()].map(({ tags }) => tags.size)).toEqual(
      [...registry.repositories].map(() => 0),
    );
    expect(existsSync(site.path('unnamed', 'index.json'))).toBe(false);
    const receipt = parseReceipt(await readFile(site.path('receipt.json')), 'receipt.json');
    expect(receipt.status).toBe('failed');
    expect(receipt.error).toBeDefined();
  });

  test('are a column of their own for people', async () => {
    const { stdout } = await airkit(site, [...LOAD, '--to', 'oci:column', '--to', 'oci:other']);
    expect(stdout.match(/^oci:(column|other) .* loaded /gm)).toHaveLength(6);
  });
});

describe('a receipt', () => {
  test('tells who loaded what, and names the one before', async () => {
    const receipts = site.path('notes');
    const loadTo = async (name: string, target: string): Promise<void> => {
      const { code } = await airkitJson(
        site,
        [...LOAD, '--to', target, '--receipt', `notes/${name}`],
        {
          env: { SUDO_USER: 'ada' },
        },
      );
      expect(code).toBe(0);
    };
    await loadTo('1.json', 'oci:noted');
    const first = await readFile(`${receipts}/1.json`);
    await writeFile(`${receipts}/package.json`, '{}');
    await loadTo('2.json', 'oci:noted');
    const [one, two] = [first, await readFile(`${receipts}/2.json`)].map((bytes) =>
      parseReceipt(bytes, 'receipt'),
    );
    expect(one).toMatchObject({
      kit: {
        name: 'demo',
        version: '1.0',
        index: digestOf(await readFile(site.path('kit', 'bundle.json'))),
      },
      operator: 'ada',
      previous: undefined,
    });
    expect(one?.results.every(({ sentBytes = 0 }) => sentBytes > 0)).toBe(true);
    expect(two?.previous).toEqual({ file: '1.json', sha256: digestOf(first).slice(7) });
    expect((await stat(`${receipts}/2.json`)).mode & 0o777).toBe(0o640);
  });

  test('is there before the first byte, with every image still to come', async () => {
    let receipt: Receipt | undefined;
    const onProgress = (event: ProgressEvent): void => {
      if (event.kind !== 'bytes') return;
      receipt ??= parseReceipt(readFileSync(site.path('early.json')), 'early.json');
    };
    const options = { to: 'oci:early', trust: ['release.pub'], receipt: 'early.json', onProgress };
    await load(site.host, 'kit', options);
    expect(receipt).toMatchObject({ status: 'begun', results: resultsIn('oci:early', 'pending') });
  });

  test.each(['kit/receipt.json', 'kit/notes/receipt.json', 'kit/bundle.tar'])(
    'at %s, inside the kit, is refused before anything is sent',
    async (path) => {
      const args = [...LOAD.slice(0, 4), '--to', 'oci:inside', '--receipt', path];
      const { code, document } = await airkitJson(site, args);
      expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'USAGE' });
      expect(existsSync(site.path('inside'))).toBe(false);
    },
  );

  test('that cannot be written keeps the load from beginning', async () => {
    await writeFile(site.path('a-file'), '');
    const args = [...LOAD, '--to', 'oci:unrecorded', '--receipt', 'a-file/receipt.json'];
    expect((await airkitJson(site, args)).code).toBe(3);
    expect(existsSync(site.path('unrecorded'))).toBe(false);
  });
});

test('a folder that may not be written is told before anything is sent', async () => {
  // Root may write everywhere, so the folder is a file here.
  await mkdir(site.path('place'));
  await writeFile(site.path('place', 'layout'), '');
  const args = [...LOAD, '--to', 'oci:place/layout', '--to', 'oci:beside'];
  const { code } = await airkitJson(site, args);
  expect(code).toBe(3);
  expect(existsSync(site.path('beside'))).toBe(false);
});
