/** What the system denies: files that may not be opened or written, and more open files than it allows. */
import { spawn, spawnSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLI, documentOf, type Outcome } from '../cli/support/run-airkit.ts';
import type { Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { judgeState, requireNone, requireRecovery, stateOf, type States } from './support/judge.ts';
import { note } from './support/ledger.ts';
import { makeFaultSite, OPERATIONS, startOver, type Operation } from './support/operations.ts';

const folder = useTempFolder();
/** Root's right to pass over permissions (capabilities(7)) taken away: then they hold for root too. */
const WITHOUT_OVERRIDE = [
  '--bounding-set',
  '-dac_override,-dac_read_search,-fowner',
  '--inh-caps',
  '-all',
];
const canDrop =
  process.getuid?.() !== 0 || spawnSync('setpriv', [...WITHOUT_OVERRIDE, 'true']).status === 0;
let site: Site;

beforeAll(async () => {
  site = await makeFaultSite(await folder.fresh());
});

async function runThrough(wrapper: readonly string[], operation: Operation): Promise<Outcome> {
  const [file, ...before] = [...wrapper, process.execPath, CLI, ...operation.args, '--json'];
  const child = spawn(file, before, {
    cwd: site.folder,
    env: site.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

async function undisturbed(operation: Operation): Promise<States> {
  await startOver(site, operation);
  const before = await stateOf(site, operation);
  expect(await runThrough([], operation)).toMatchObject({ code: 0 });
  return { before, after: await stateOf(site, operation) };
}

describe.each(OPERATIONS)('$name', (operation) => {
  test('with few open files allowed ends well, or says so and leaves nothing half-done', async () => {
    const states = await undisturbed(operation);
    const problems: string[] = [];
    for (const limit of [160, 180]) {
      await startOver(site, operation);
      const shell = ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'];
      const outcome = await runThrough(shell, operation);
      const found = await judgeState(site, operation, states);
      note({ fault: 'too many open files', during: operation.name, filesLost: found.length });
      if (outcome.code !== 0) {
        const { error } = documentOf(outcome);
        if (outcome.code !== 3 || error?.code !== 'DISK_FAILED')
          problems.push(`${limit}: ${outcome.code} ${error?.code} ${error?.message}`);
        problems.push(...(await requireRecovery(site, operation, states)));
      } else if (JSON.stringify(await stateOf(site, operation)) !== JSON.stringify(states.after))
        problems.push(`${limit}: something else`);
      problems.push(...found);
    }
    requireNone(problems);
  });

  test.skipIf(!canDrop)('into a folder that may not be written says so', async () => {
    const states = await undisturbed(operation);
    await startOver(site, operation);
    const made = site.path('made');
    await chmod(made, 0o555);
    if (operation.prepare !== undefined) await chmod(site.path('made/out'), 0o555);
    const wrapper = process.getuid?.() === 0 ? ['setpriv', ...WITHOUT_OVERRIDE] : [];
    const outcome = await runThrough(wrapper, operation);
    await chmod(made, 0o755);
    if (operation.prepare !== undefined) await chmod(site.path('made/out'), 0o755);
    note({ fault: 'permission denied', during: operation.name });
    const { error } = documentOf(outcome);
    expect({ code: outcome.code, error: error?.code, message: error?.message }).toEqual({
      code: 3,
      error: 'DISK_FAILED',
      message: expect.stringContaining(made),
    });
    expect(await stateOf(site, operation)).toEqual(states.before);
    expect(await requireRecovery(site, operation, states)).toEqual([]);
  });
});

describe('what may not be read', () => {
  const wrapper = process.getuid?.() === 0 ? ['setpriv', ...WITHOUT_OVERRIDE] : [];
  test.skipIf(!canDrop).each([
    ['kit/bundle.tar', ['verify', 'kit', '--allow-unsigned'], 3],
    ['kit/bundle.json', ['verify', 'kit', '--allow-unsigned'], 3],
    [
      'kit/bundle.tar',
      ['load', 'kit', '--allow-unsigned', '--to', 'oci:made/out', '--receipt', 'r.json'],
      3,
    ],
    ['kit', ['verify', 'kit', '--allow-unsigned'], 3],
    ['layout/blobs', ['pack', '-o', 'made/out'], 3],
    ['layout/index.json', ['pack', '-o', 'made/out'], 3],
    ['images.tar', ['pack', '-o', 'made/out'], 3],
    ['bundles.yaml', ['pack', '-o', 'made/out'], 2],
    ['home/cache', ['pack', '-o', 'made/out'], 3],
  ])('%s, for %j', async (name, args, code) => {
    await rm(site.path('made'), { recursive: true, force: true });
    await chmod(site.path(name), 0);
    const outcome = await runThrough(wrapper, {
      name,
      args,
      examine: () => Promise.reject(new Error()),
    });
    await chmod(site.path(name), 0o755);
    note({ fault: 'permission denied', during: args[0] ?? '' });
    const { error } = documentOf(outcome);
    expect({ code: outcome.code, message: error?.message }).toEqual({
      code,
      message: expect.stringContaining(name.split('/')[0] ?? ''),
    });
  });
});
