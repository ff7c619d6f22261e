import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { damagedCopy } from './support/damaged-kit.ts';
import { AGENT, ALL, MULTI, PROXY, REDIS, useLoadSite } from './support/load-kit.ts';

const { site, load, rootsOf, fresh } = useLoadSite();

async function receiptAt(name: string): Promise<unknown> {
  return JSON.parse(await readFile(site().path(name), 'utf8'));
}

describe('--on-existing-tag', () => {
  test('overwrite, the default, moves the name and tells what it stood for', async () => {
    const layout = fresh();
    await load('kit', '--to', `oci:${layout}`);
    const before = await rootsOf(layout);
    const { code, document } = await load('other', '--to', `oci:${layout}`);
    expect(code).toBe(0);
    const after = await rootsOf(layout);
    expect(after[REDIS]).not.toBe(before[REDIS]);
    const moved = { reference: REDIS, before: before[REDIS], after: after[REDIS] };
    expect(document['results']).toMatchObject([moved, { reference: AGENT }]);
    expect(await receiptAt('receipt.json')).toMatchObject({ results: [moved, {}] });
  });

  test('skip leaves such names alone and loads the others', async () => {
    const layout = fresh();
    await load('kit', '--to', `oci:${layout}`, '--include', 'redis:7');
    const before = await rootsOf(layout);
    const { code, results, document } = await load(
      'other',
      '--to',
      `oci:${layout}`,
      '--on-existing-tag',
      'skip',
    );
    expect(code).toBe(0);
    expect(results).toEqual([`${REDIS} skipped`, `${AGENT} loaded`]);
    expect(document['results']).toMatchObject([
      { before: before[REDIS], after: before[REDIS], message: expect.any(String) },
      {},
    ]);
    expect((await rootsOf(layout))[REDIS]).toBe(before[REDIS]);
  });

  test('fail names every such name and sends nothing to any target', async () => {
    const [taken, empty] = [fresh(), fresh()];
    await load('kit', '--to', `oci:${taken}`);
    const before = await rootsOf(taken);
    const { code, document } = await load(
      'other',
      '--to',
      `oci:${empty}`,
      '--to',
      `oci:${taken}`,
      '--on-existing-tag',
      'fail',
      '--receipt',
      'failed.json',
    );
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'OUTPUT_EXISTS' });
    for (const name of [REDIS, AGENT]) expect(document.error?.message).toContain(name);
    expect(await rootsOf(taken)).toEqual(before);
    expect(existsSync(site().path(empty))).toBe(false);
    expect(existsSync(site().path('failed.json'))).toBe(false);
  });

  test('fail has nothing against images that are there already', async () => {
    const layout = fresh();
    await load('kit', '--to', `oci:${layout}`, '--include', 'redis:7');
    const { code, results } = await load(
      'kit',
      '--to',
      `oci:${layout}`,
      '--on-existing-tag',
      'fail',
    );
    expect(code).toBe(0);
    expect(results[0]).toBe(`${REDIS} already-present`);
  });
});

describe('--rename', () => {
  test('gives other names by the rules of bundles files, and tells the old ones', async () => {
    const layout = fresh();
    const { code, document } = await load(
      'kit',
      '--to',
      `oci:${layout}`,
      '--rename',
      'docker.io/library/*=apps.local/base/*',
      '--rename',
      'ghcr.io/*=apps.local/*',
    );
    expect(code).toBe(0);
    expect(Object.keys(await rootsOf(layout)).toSorted()).toEqual([
      'apps.local/acme/k8s-agent:2.3.0',
      'apps.local/base/redis:7',
      MULTI,
      PROXY,
    ]);
    expect(document['results']).toMatchObject([
      { reference: 'apps.local/base/redis:7', original: REDIS },
      { reference: 'apps.local/acme/k8s-agent:2.3.0', original: AGENT },
      { reference: MULTI },
      { reference: PROXY },
    ]);
  });

  test('to one name for two images exits 2, naming both', async () => {
    const layout = fresh();
    const rename = ['--rename', '*/redis=x.local/app:1', '--rename', '*/k8s-agent=x.local/app:1'];
    const { code, document } = await load('kit', '--to', `oci:${layout}`, ...rename);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'NAME_COLLISION' });
    for (const name of [REDIS, AGENT]) expect(document.error?.message).toContain(name);
    expect(existsSync(site().path(layout))).toBe(false);
  });

  test.each(['x', '=x', 'x=', 'a=b=c'])('%s exits 2', async (rule) => {
    const { code, document } = await load('kit', '--to', `oci:${fresh()}`, '--rename', rule);
    expect({ code, error: document.error?.code }).toEqual({ code: 2, error: 'USAGE' });
  });
});

describe('--keep-going', () => {
  test.each(['layer', 'config'] as const)(
    'past a damaged %s loads the whole images',
    async (part) => {
      const layout = fresh();
      await damagedCopy(site().path('kit'), site().path(layout, 'kit'), { reference: AGENT, part });
      const flags = ['--to', `oci:${layout}/restored`];
      const refused = await load(`${layout}/kit`, ...flags);
      expect(refused.code).toBe(4);
      expect(await rootsOf(`${layout}/restored`)).toEqual({});
      const { code, results, document } = await load(`${layout}/kit`, ...flags, '--keep-going');
      expect({ code, error: document.error?.code }).toEqual({ code: 5, error: 'PARTLY_DONE' });
      expect(results).toEqual(ALL.map((name) => `${name} ${name === AGENT ? 'failed' : 'loaded'}`));
      expect(await receiptAt('receipt.json')).toMatchObject({
        status: 'partly',
        results: ALL.map((reference) => ({
          reference,
          status: reference === AGENT ? 'failed' : 'loaded',
        })),
      });
    },
  );

  test('of which nothing is whole exits 4 and writes nothing', async () => {
    const layout = fresh();
    const damage = { reference: REDIS, part: 'layer' } as const;
    await damagedCopy(site().path('kit'), site().path(layout, 'kit'), damage);
    const { code, document } = await load(
      `${layout}/kit`,
      '--to',
      `oci:${layout}/restored`,
      '--include',
      'redis:7',
      '--keep-going',
    );
    expect({ code, error: document.error?.code }).toEqual({
      code: 4,
      error: 'VERIFICATION_FAILED',
    });
    expect(existsSync(site().path(layout, 'restored'))).toBe(false);
  });
});
