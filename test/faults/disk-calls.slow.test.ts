/** Single calls on the disk that fail, at points all over each operation: nothing half-done is ever taken for done. */
import { beforeAll, expect, test } from 'vitest';
import { documentOf, spawnAirkit, type Outcome } from '../cli/support/run-airkit.ts';
import type { Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import {
  buildDiskFaults,
  describeWithDiskFaults,
  faultEnvironment,
  takeTale,
} from './support/disk-faults.ts';
import type { DiskFault, FaultPlan } from './support/disk-faults.ts';
import { judgeState, requireNone, requireRecovery, stateOf, type States } from './support/judge.ts';
import { amount, note } from './support/ledger.ts';
import { makeFaultSite, OPERATIONS, startOver, type Operation } from './support/operations.ts';

/** Of each operation and fault, spread evenly over all calls. */
const POINTS = amount('AIRKIT_FAULT_POINTS', 3);
const FAULTS: readonly DiskFault[] = [
  'EIO',
  'ENOSPC',
  'EROFS',
  'EACCES',
  'EMFILE',
  'SIGKILL',
  'short',
];

/** What an operation makes, and how many calls on files it takes. */
interface Undisturbed extends States {
  readonly calls: number;
}

describeWithDiskFaults('a call on a file that fails with', () => {
  const folder = useTempFolder();
  let site: Site;
  let library: string;
  beforeAll(async () => {
    site = await makeFaultSite(await folder.fresh());
    library = buildDiskFaults(folder.path('.'));
  });

  const runWith = async (operation: Operation, plan: FaultPlan): Promise<Outcome> => {
    const env = {
      ...faultEnvironment(library, site.folder, plan),
      TMPDIR: site.path('home', 'tmp'),
    };
    return spawnAirkit(site, [...operation.args, '--json'], { env });
  };

  const known = new Map<string, Promise<Undisturbed>>();
  const undisturbed = async (
    operation: Operation,
    only: FaultPlan['only'],
  ): Promise<Undisturbed> => {
    const key = `${operation.name} ${only}`;
    const found = known.get(key) ?? runUndisturbed(operation, only);
    known.set(key, found);
    return found;
  };
  const runUndisturbed = async (
    operation: Operation,
    only: FaultPlan['only'],
  ): Promise<Undisturbed> => {
    await startOver(site, operation);
    const before = await stateOf(site, operation);
    const outcome = await runWith(operation, { fault: 'EIO', at: 0, only });
    expect(outcome.code, outcome.stdout).toBe(0);
    const { calls } = await takeTale(library);
    expect(calls).toBeGreaterThan(0);
    return { before, after: await stateOf(site, operation), calls };
  };

  for (const fault of FAULTS)
    test.each(OPERATIONS)(`${fault}, during $name`, async (operation) => {
      const only = fault === 'ENOSPC' || fault === 'EROFS' ? 'changes' : undefined;
      const { calls, ...states } = await undisturbed(operation, only);
      const problems: string[] = [];
      for (let point = 0; point < POINTS; point += 1) {
        const at = 1 + Math.floor(((point + 0.5) * calls) / POINTS);
        await startOver(site, operation);
        const outcome = await runWith(operation, { fault, at, only });
        const { injected } = await takeTale(library);
        if (injected === 0) continue;
        const found = await judgeState(site, operation, states);
        const said = judgeOutcome(outcome, fault);
        const after = await requireRecovery(site, operation, states);
        const all = [...found, ...said, ...after].map((problem) => `call ${at}: ${problem}`);
        const during = operation.name;
        note({ fault: `${fault} on a call`, during, filesLost: found.length, problems: all });
        problems.push(...all);
      }
      requireNone(problems);
    });
});

/** The exit code, the error's code and its message fit the fault. */
function judgeOutcome(outcome: Outcome, fault: DiskFault): string[] {
  const { code, stdout } = outcome;
  if (fault === 'SIGKILL') return code === null ? [] : [`ended with ${code}`];
  if (code === 0) return [];
  if (fault === 'short') return [`ended with ${code}: ${stdout}`];
  return isTold(outcome, fault)
    ? []
    : [`exit ${code}: ${JSON.stringify(documentOf(outcome).error)}`];
}

/** A kit that cannot be read is not verified either: then a finding says why. */
function isTold(outcome: Outcome, fault: DiskFault): boolean {
  const { error: { code, problems = [] } = { code: '' } } = documentOf(outcome);
  if (outcome.code === 4)
    return code === 'VERIFICATION_FAILED' && problems.some((one) => one.code === 'DISK_FAILED');
  // A file of settings that cannot be read is a mistake in the settings, whatever hides it.
  if (outcome.code === 2)
    return code === 'SPEC_INVALID' && problems.every((one) => one.code === 'UNREADABLE');
  const isFull = fault === 'ENOSPC' && code === 'NO_SPACE';
  const isWanted = ['DISK_FAILED', 'PARTLY_DONE', 'TARGET_FAILED'].includes(code);
  return [3, 5].includes(outcome.code ?? -1) && (isFull || isWanted);
}
