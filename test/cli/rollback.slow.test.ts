import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseReceipt } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startRegistry } from '../unit/registry/registry-world.ts';
import { airkitJson, type JsonDocument } from './support/run-airkit.ts';
import { makeTwoKitSite } from './support/load-kit.ts';
import type { Site } from './support/site.ts';

const REDIS = 'docker.io/library/redis:7';
const AGENT = 'ghcr.io/acme/k8s-agent:2.3.0';
const PROXY = 'registry.k8s.io/kube-proxy:v1.30.2';
const folder = useTempFolder();
let site: Site;
let count = 0;
let layout = '';

beforeAll(async () => {
  site = await makeTwoKitSite(await folder.fresh());
});

beforeEach(() => {
  count += 1;
  layout = `layout-${count}`;
});

interface Ended {
  readonly code: number | null;
  readonly document: JsonDocument;
}

async function loadKit(kit: string, receipt: string, ...more: string[]): Promise<Ended> {
  const targets = more.includes('--to') ? [] : ['--to', `oci:${layout}`];
  const flags = ['--trust', 'release.pub', '--receipt', receipt];
  return airkitJson(site, ['load', kit, ...flags, ...targets, ...more]);
}

async function rollBack(receipt: string, ...more: string[]): Promise<Ended> {
  return airkitJson(site, ['rollback', receipt, '--receipt', `${layout}-back.json`, ...more]);
}

/** Root digests by name. */
async function rootsOf(name = layout): Promise<Record<string, string>> {
  const index: { manifests: { digest: string; annotations: Record<string, string> }[] } =
    JSON.parse(await readFile(site.path(name, 'index.json'), 'utf8'));
  return Object.fromEntries(
    index.manifests.map((one) => [one.annotations['io.containerd.image.name'] ?? '', one.digest]),
  );
}

describe('rollback', () => {
  test('puts moved names back, removes new ones, and leaves the rest alone', async () => {
    await loadKit('other', 'first.json');
    const before = await rootsOf();
    await loadKit('kit', 'second.json');
    expect(await rootsOf()).not.toEqual(before);
    const { code, document } = await rollBack('second.json');
    expect(code).toBe(0);
    expect(document).toMatchObject({
      status: 'done',
      rolledBack: site.path('second.json'),
      results: [
        { reference: PROXY, status: 'removed' },
        { reference: AGENT, status: 'removed' },
        { reference: REDIS, status: 'restored', after: before[REDIS] },
      ],
    });
    expect(await rootsOf()).toEqual(before);
    const receipt = parseReceipt(await readFile(site.path(`${layout}-back.json`)), 'receipt');
    expect(receipt).toMatchObject({
      kind: 'rollback',
      status: 'done',
      reverses: expect.any(String),
    });
    expect((await rollBack('second.json')).code).toBe(0);
    expect(await rootsOf()).toEqual(before);
  });

  test('refuses names that changed since, and exits 5', async () => {
    await loadKit('kit', 'early.json');
    await loadKit('other', 'late.json');
    const late = await rootsOf();
    const { code, document } = await rollBack('early.json');
    expect({ code, error: document.error?.code }).toEqual({ code: 5, error: 'PARTLY_DONE' });
    expect(document['results']).toMatchObject([
      { reference: PROXY, status: 'removed' },
      { reference: AGENT, status: 'removed' },
      { reference: REDIS, status: 'changed', after: late[REDIS] },
    ]);
    expect(await rootsOf()).toEqual({ [REDIS]: late[REDIS] });
  });

  test('that can put nothing back exits 3', async () => {
    await loadKit('kit', 'early.json', '--include', 'redis:7');
    await loadKit('other', 'late.json');
    expect((await rollBack('early.json')).code).toBe(3);
  });

  test('says so when what a name stood for is gone', async () => {
    await loadKit('other', 'first.json');
    const old = (await rootsOf())[REDIS] ?? '';
    await loadKit('kit', 'second.json', '--include', 'redis:7');
    const after = await rootsOf();
    await rm(site.path(layout, 'blobs', 'sha256', old.slice('sha256:'.length)));
    const { code, document } = await rollBack('second.json');
    expect(code).toBe(3);
    expect(document['results']).toMatchObject([{ status: 'failed', message: expect.any(String) }]);
    expect(await rootsOf()).toEqual(after);
  });

  test('of a rollback exits 2, and loading again does it', async () => {
    await loadKit('other', 'first.json');
    await loadKit('kit', 'second.json');
    const loaded = await rootsOf();
    await rollBack('second.json');
    const outcome = await airkitJson(site, ['rollback', `${layout}-back.json`]);
    expect({ code: outcome.code, error: outcome.document.error?.code }).toEqual({
      code: 2,
      error: 'USAGE',
    });
    expect((await loadKit('kit', 'third.json')).document['sentBytes']).toBe(0);
    expect(await rootsOf()).toEqual(loaded);
  });

  test('finds the target again from another folder, with prefix and scope', async () => {
    const registry = await startRegistry();
    const there = ['--to', `registry://${registry.host}/team`, '--to', `oci:${layout}`, '--scoped'];
    await loadKit('kit', 'far.json', ...there);
    const tags = (): string[] =>
      [...registry.repositories].flatMap(([name, one]) =>
        [...one.tags.keys()].map((tag) => `${name}:${tag}`),
      );
    expect(tags()).toContain('team/docker.io/library/redis:7');
    await mkdir(site.path('elsewhere'), { recursive: true });
    const outcome = await airkitJson(site, ['rollback', '../far.json', '--receipt', 'back.json'], {
      cwd: site.path('elsewhere'),
    });
    expect(outcome.code).toBe(0);
    expect(tags()).toEqual([]);
    expect(await rootsOf()).toEqual({});
  });

  test('--dry-run shows what would be put back, and does nothing', async () => {
    await loadKit('kit', 'dry.json');
    const loaded = await rootsOf();
    const { code, document } = await rollBack('dry.json', '--dry-run');
    expect(code).toBe(0);
    expect(document['results']).toMatchObject(
      [PROXY, AGENT, REDIS].map((reference) => ({ reference })),
    );
    expect(await rootsOf()).toEqual(loaded);
    expect(existsSync(site.path(`${layout}-back.json`))).toBe(false);
  });

  test('of a load that changed nothing has nothing to do', async () => {
    await loadKit('kit', 'first.json');
    await loadKit('kit', 'idle.json');
    const { code, document } = await rollBack('idle.json');
    expect(code).toBe(0);
    expect(document['results']).toEqual([]);
    expect(document['receipt']).toBeUndefined();
  });

  test('tells names of which a load that broke off has not said what became', async () => {
    await loadKit('kit', 'whole.json');
    const text = await readFile(site.path('whole.json'), 'utf8');
    const broken = text.replace('"loaded"', '"pending"').replace('"done"', '"begun"');
    await writeFile(site.path('broken.json'), broken);
    const { code, document } = await rollBack('broken.json');
    expect(code).toBe(5);
    expect(document['results']).toMatchObject([
      { reference: PROXY, status: 'removed' },
      { reference: AGENT, status: 'removed' },
      { reference: REDIS, status: 'unknown', message: expect.any(String) },
    ]);
  });

  test.each([
    ['there is none', 'missing.json', 2],
    ['it is something else', 'release.pub', 3],
  ])('of a receipt exits where %s', async (_, path, code) => {
    expect((await rollBack(path)).code).toBe(code);
  });

  test('into the receipt that it rolls back exits 2 and leaves that as it was', async () => {
    await loadKit('kit', 'own.json');
    const bytes = await readFile(site.path('own.json'));
    expect((await airkitJson(site, ['rollback', 'own.json', '--receipt', 'own.json'])).code).toBe(
      2,
    );
    expect(await readFile(site.path('own.json'))).toEqual(bytes);
  });
});
