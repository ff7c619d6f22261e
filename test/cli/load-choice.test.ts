import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AGENT, ALL, MULTI, PROXY, REDIS, useLoadSite } from './support/load-kit.ts';

const { site, load, rootsOf, fresh } = useLoadSite();

describe('--exclude', () => {
  test('wins over --include', async () => {
    const { results } = await load(
      'kit',
      '--to',
      `oci:${fresh()}`,
      '--include',
      '*k8s*',
      '--exclude',
      'ghcr.io/*',
    );
    expect(results).toEqual([`${PROXY} loaded`]);
  });

  test('that matches nothing is a warning, one that leaves nothing exits 2', async () => {
    const idle = await load('kit', '--to', `oci:${fresh()}`, '--exclude', 'nginx*');
    expect(idle.code).toBe(0);
    expect(idle.document['warnings']).toMatchObject([{ code: 'NO_MATCH', severity: 'warning' }]);
    const nothing = await load('kit', '--to', `oci:${fresh()}`, '--exclude', '*');
    expect({ code: nothing.code, error: nothing.document.error?.code }).toEqual({
      code: 2,
      error: 'NO_MATCH',
    });
  });
});

describe('--platform', () => {
  test('takes the layers of that platform only', async () => {
    const [one, both] = [fresh(), fresh()];
    const only = ['--include', MULTI];
    await load('kit', '--to', `oci:${both}`, ...only);
    const { code, document } = await load(
      'kit',
      '--to',
      `oci:${one}`,
      '--platform',
      'linux/arm64',
      ...only,
    );
    expect(code).toBe(0);
    expect(await rootsOf(one)).toEqual(await rootsOf(both));
    const again = await load('kit', '--to', `oci:${one}`, ...only);
    expect(again.document['sentBytes']).toBeGreaterThan(0);
    expect(again.document['sentBytes']).toBeLessThan(Number(document['sentBytes']));
  });

  test('that images lack exits 2 naming them; with --keep-going the others are loaded', async () => {
    const layout = fresh();
    const flags = ['--to', `oci:${layout}`, '--platform', 'linux/arm64'];
    const refused = await load('kit', ...flags);
    expect(refused.code).toBe(2);
    expect(refused.document.error?.code).toBe('PLATFORM_MISSING');
    for (const name of [REDIS, AGENT, PROXY])
      expect(refused.document.error?.message).toContain(name);
    expect(refused.document.error?.message).not.toContain(MULTI);
    expect(existsSync(site().path(layout))).toBe(false);
    const { code, results } = await load('kit', ...flags, '--keep-going');
    expect(code).toBe(5);
    expect(results).toEqual(ALL.map((name) => `${name} ${name === MULTI ? 'loaded' : 'failed'}`));
  });
});
