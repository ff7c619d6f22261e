// Injects all faults in their full numbers and prints the table of docs/reliability.md: `npm run faults`, as root on Linux with the
// engines of .ci/install-engines. AIRKIT_KILLS, AIRKIT_FAULT_POINTS and AIRKIT_KIT_GIGABYTES change the numbers. Takes half an hour,
// and 32 GB below TMPDIR for a kit of 20 GB.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';

const FULL = { AIRKIT_KILLS: '100', AIRKIT_FAULT_POINTS: '25', AIRKIT_KIT_GIGABYTES: '20' };
const ENGINE_TESTS = [
  'broken-engine-images',
  'failing-containerd',
  'failing-engines',
  'full-disk',
  'full-registry',
  'interrupted-pack',
  'killed-containerd-store',
  'killed-registry-pack',
  'podman-interrupted',
  'small-disk',
  'stopped-engines',
];

const folder = mkdtempSync(join(tmpdir(), 'airkit-faults-'));
const ledger = join(folder, 'ledger');
const env = { ...FULL, AIRKIT_REQUIRE_ENGINES: '1', ...process.env, AIRKIT_FAULT_LEDGER: ledger };
const engines = ENGINE_TESTS.map((name) => `test/engines/${name}.test.ts`);
const args = process.argv.slice(2);
const files = args.length > 0 ? args : ['test/faults', ...engines];
const vitest = ['vitest', 'run', '--project', 'slow', '--project', 'engines', ...files];
const { status } = spawnSync('npx', vitest, { env, stdio: 'inherit' });
if (existsSync(ledger)) process.stdout.write(tableOf(readFileSync(ledger, 'utf8')));
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;

/** One line for each fault, with what it met. */
function tableOf(text) {
  const faults = new Map();
  const all = { injected: 0, wrongAccepts: 0, filesLost: 0 };
  for (const line of text.trim().split('\n')) {
    const { fault, during, count = 1, wrongAccepts = 0, filesLost = 0 } = JSON.parse(line);
    const row = faults.get(fault) ?? { met: new Map(), injected: 0, wrongAccepts: 0, filesLost: 0 };
    faults.set(fault, row);
    row.met.set(during, (row.met.get(during) ?? 0) + count);
    for (const sum of [row, all]) {
      sum.injected += count;
      sum.wrongAccepts += wrongAccepts;
      sum.filesLost += filesLost;
    }
  }
  const lines = [...faults].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    `\n${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, Linux ${release()}\n`,
    '| fault | during | injected | wrong accepts | files lost |',
    '|---|---|---:|---:|---:|',
    ...lines.map(([fault, row]) => lineOf(fault, namesOf(row.met), row)),
    lineOf('all', '', all),
    '',
  ].join('\n');
}

function lineOf(fault, during, { injected, wrongAccepts, filesLost }) {
  return `| ${fault} | ${during} | ${injected} | ${wrongAccepts} | ${filesLost} |`;
}

/** With numbers where they differ. */
function namesOf(met) {
  const entries = [...met].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const isEven = new Set(met.values()).size === 1;
  return entries.map(([name, count]) => (isEven ? name : `${name} ${count}`)).join(', ');
}
