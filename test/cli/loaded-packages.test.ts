/** A command loads the packages that it uses and no others: most of the time until it does something is loading code. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pack } from '../../src/index.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { spawnAirkit } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
});

test.each([
  [['--version'], []],
  [['--help'], ['commander']],
  [['schema'], ['commander']],
  [['history'], ['commander']],
  [['validate'], ['ajv', 'commander', 'yaml']],
  [['verify', 'kit', '--trust', 'release.pub'], ['commander']],
  [['inspect', 'kit'], ['commander']],
  [['load', 'kit', '--trust', 'release.pub', '--to', 'oci:there', '--dry-run'], ['commander']],
  [
    ['load', 'kit', '--trust', 'release.pub', '--to', 'oci:there', '--include', '*', '--dry-run'],
    ['commander', 'minimatch'],
  ],
  [['plan'], ['ajv', 'commander', 'minimatch', 'yaml']],
])('%j', async (args, packages) => {
  const loaded = await packagesLoadedBy(args, {});
  expect((await ownDependencies()).filter((name) => loaded.has(name))).toEqual(packages);
});

test('what asks an engine loads no SSH client, no gRPC and no tar of dockerode', async () => {
  const env = { DOCKER_HOST: `unix://${site.path('no.sock')}` };
  const args = ['load', 'kit', '--trust', 'release.pub', '--to', 'docker'];
  expect(await packagesLoadedBy(args, env, 3)).toEqual(new Set(['commander', 'debug', 'ms']));
});

/** V8's coverage names every script that ran. */
async function packagesLoadedBy(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  exitCode = 0,
): Promise<Set<string>> {
  const reports = await folder.fresh();
  const { code, stderr } = await spawnAirkit(site, args, {
    env: { ...env, NODE_V8_COVERAGE: reports },
  });
  expect(code, stderr).toBe(exitCode);
  const [report = ''] = await readdir(reports);
  const { result }: { result: { url: string }[] } = JSON.parse(
    await readFile(join(reports, report), 'utf8'),
  );
  const names = result.map(({ url }) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
}

/** airkit's own. */
async function ownDependencies(): Promise<string[]> {
  const manifest: Record<
    'dependencies' | 'optionalDependencies',
    Record<string, string>
  > = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).toSorted();
}
