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

/** Every file under its final name is as it was before, or as an undisturbed run writes it. @returns what is not */
export async function judgeState(
  site: Site,
  operation: Operation,
  { before, after }: States,
): Promise<string[]> {
  const { files, broken } = await stateOf(site, operation);
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
  { after }: States,
): Promise<string[]> {
  const { code, document, stderr } = await airkitJson(site, operation.args);
  const isThere = document.error?.code === 'OUTPUT_EXISTS';
  if (code !== 0 && !isThere)
    return [
      `the next run exits ${code}: ${document.error?.code} ${document.error?.message} ${stderr}`,
    ];
  const { files, broken } = await stateOf(site, operation);
  const { leftovers } = await examineFolder(site.path('made'));
  return [
    ...(isDeepStrictEqual(files, after.files) ? [] : ['the next run made something else']),
    ...broken.map((name) => `${name} is broken after the next run`),
    ...leftovers.map((name) => `${name} is left`),
  ];
}

/** @throws with all of them */
export function requireNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
