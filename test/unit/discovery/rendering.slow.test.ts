/** How renderers are run: their arguments, what they print, how they fail. kubectl's own and the real kustomize where installed. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renderChart, renderKustomization } from '../../../src/discovery/render-folder.ts';
import { scanPath } from '../../../src/discovery/scan-path.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'discovery');
const temporary = useTempFolder();
let tools: string;
let chart: string;
let environment: Record<string, string>;

/** A program on PATH, or of the newer Debian that engine tests use; undefined where it is not installed. */
function installed(name: string): string | undefined {
  const newer = join(process.env['AIRKIT_NEWER_DOCKER_ROOT'] ?? '/nowhere', 'usr/bin');
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), newer];
  return folders.map((folder) => join(folder, name)).find(existsSync);
}

/** Stands in for helm, which Debian does not have: a program on PATH that notes how it was called. */
async function install(name: string, script: string): Promise<void> {
  await writeFile(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

beforeAll(async () => {
  chart = join(await temporary.fresh(), 'a chart; rm -rf $HOME');
  await mkdir(chart);
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 0.1.0\n');
});

beforeEach(async () => {
  tools = await temporary.fresh();
  environment = { PATH: [tools, '/usr/bin', '/bin'].join(delimiter), SECRET: 'kept' };
});

const display = (path: string): string => path;

describe('a chart', () => {
  test('is rendered by helm template, with its path as one argument', async () => {
    await install('helm', `printf '%s\\n' "$@" "$SECRET" > "${tools}/called"; echo 'kind: None'`);
    expect(await renderChart(chart, { environment })).toEqual({
      text: 'kind: None\n',
      by: 'helm template',
    });
    const called = await readFile(join(tools, 'called'), 'utf8');
    expect(called).toBe(`template\nairkit\n${chart}\nkept\n`);
  });

  test('gives the images of what helm prints, and the templates they stand in', async () => {
    const pod = 'apiVersion: v1\\nkind: Pod\\nspec: { containers: [{ image: "a:1" }] }';
    await install('helm', `printf -- '---\\n# Source: shop/templates/pod.yaml\\n${pod}\\n'`);
    const { images, problems } = await scanPath(chart, { environment, display });
    expect(problems).toEqual([]);
    expect(images.map(({ place }) => place)).toMatchObject([
      { file: `helm template ${chart}`, line: 5, template: 'shop/templates/pod.yaml' },
    ]);
  });

  test('with helm failing tells what helm says, without control characters', async () => {
    await install('helm', `printf 'Error: no \\033[31mredis\\033[0m in charts/\\n' >&2; exit 1`);
    const rendering = renderChart(chart, { environment });
    await expect(rendering).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
    await expect(rendering).rejects.toThrow(/Error: no \\u001b\[31mredis/);
    const { images, problems } = await scanPath(chart, { environment, display });
    expect([images, problems]).toMatchObject([[], [{ code: 'SOURCE_FAILED', severity: 'error' }]]);
  });

  test('without helm is refused', async () => {
    await expect(renderChart(chart, { environment })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      context: { path: chart },
    });
  });

  test('that takes too long is given up, with all that helm started', async () => {
    await install('helm', 'sleep 60');
    const started = performance.now();
    await expect(renderChart(chart, { environment, timeout: 300 })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
    });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('is given up when the operation is', async () => {
    await install('helm', 'sleep 60');
    const reason = new Error('stopped');
    const controller = new AbortController();
    const scanning = scanPath(chart, { environment, display, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 200);
    await expect(scanning).rejects.toBe(reason);
  });

  test('that is larger than any cluster is refused', async () => {
    await install('helm', 'exec head -c 70000000 /dev/zero');
    await expect(renderChart(chart, { environment })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
    });
  });
});

describe('a kustomization', () => {
  test('is built by kustomize, else by kubectl', async () => {
    await install('kubectl', 'echo "$@"');
    const byKubectl = await renderKustomization(chart, { environment: { PATH: tools } });
    expect(byKubectl).toEqual({ text: `kustomize ${chart}\n`, by: 'kubectl kustomize' });
    await install('kustomize', 'echo "$@"');
    const byKustomize = await renderKustomization(chart, { environment: { PATH: tools } });
    expect(byKustomize).toEqual({ text: `build ${chart}\n`, by: 'kustomize build' });
  });

  test.for(['kubectl', 'kustomize'])(
    'is seen as the real %s changes it',
    async (name, { skip }) => {
      const path = installed(name);
      if (path === undefined) skip(`${name} is not installed`);
      const folder = await temporary.fresh();
      await cp(join(FIXTURES, 'kustomize'), folder, { recursive: true });
      await symlink(String(path), join(tools, name));
      const own = { PATH: tools, HOME: folder };
      const prod = join(folder, 'overlays/prod');
      const { images, problems } = await scanPath(prod, { environment: own, display });
      expect(problems).toEqual([]);
      expect(images.map(({ reference }) => reference.tag)).toEqual(['5.0']);
      const all = await scanPath(folder, { environment: own, display });
      expect(all.images.map(({ reference }) => reference.tag)).toEqual(['dev', '5.0']);
    },
  );
});
