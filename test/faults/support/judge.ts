/** Judges what a fault left behind, and whether the next run puts it right. */
import { isDeepStrictEqual } from 'node:util';
import { airkitJson } from '../../cli/support/run-airkit.ts';
import type { Site } from '../../cli/support/site.ts';
import { examineFolder, type Examination } from './examine.ts';
import { OUTPUT, type Operation } from './operations.ts';

/** What is under the final name of an operation. */
export type State = Examination;

export interface States {
  readonly before: State;
  /** Of an undisturbed run. */
  readonly after: State;
}

export async function stateOf(site: Site, { examine }: Operation): Promise<State> {
  return examine(site.path(OUTPUT));
}

/** A kit gets its name before its lock goes (kit-folder.ts): beside a whole kit, and only there, one may be left. */
function withoutLock({ files }: State, { after }: States): State['files'] {
  const isWhole = Object.entries(after.files).every(([name, sha256]) => files[name] === sha256);
  return isWhole
    ? Object.fromEntries(Object.entries(files).filter(([name]) => name !== 'lock'))
    : files;
}

/** Every file under its final name is as it was before, or as an undisturbed run writes it. @returns what is not */
export async function judgeState(
  site: Site,
  operation: Operation,
  states: States,
): Promise<string[]> {
  const { before, after } = states;
  const found = await stateOf(site, operation);
  const { broken } = found;
  const files = withoutLock(found, states);
  const wrong = Object.entries(files).filter(
    ([name, sha256]) =>
      sha256 !== before.files[name] &&
      sha256 !== after.files[name] &&
      !/^(index\.json|oci-layout)$/.test(name),
  );
  return [
    ...broken.map((name) => `${name} is broken`),
    ...wrong.map(([name]) => `${name} is not whole`),
  ];
}

/** Runs the operation again, undisturbed, unless all is there. @returns how that differs from an undisturbed run */
export async function requireRecovery(
  site: Site,
  operation: Operation,
  states: States,
): Promise<string[]> {
  const { code, document, stderr } = await airkitJson(site, operation.args);
  const isThere = document.error?.code === 'OUTPUT_EXISTS';
  if (code !== 0 && !isThere)
    return [
      `the next run exits ${code}: ${document.error?.code} ${document.error?.message} ${stderr}`,
    ];
  const found = await stateOf(site, operation);
  const { broken } = found;
  const files = withoutLock(found, states);
  const { leftovers } = await examineFolder(site.path('made'));
  return [
    ...(isDeepStrictEqual(files, states.after.files) ? [] : ['the next run made something else']),
    ...broken.map((name) => `${name} is broken after the next run`),
    ...leftovers.map((name) => `${name} is left`),
  ];
}

/** @throws with all of them */
export function requireNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
