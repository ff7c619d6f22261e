import { AirkitError, type Problem } from '../errors.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import type { Host } from './host.ts';
import { findLastSerial } from './last-serial.ts';

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/;

/** By which time kits and keys are judged. */
export interface JudgingTime {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** AT_DATE, when a person chose the time. */
  readonly findings: readonly Problem[];
}

/**
 * Reads `--at`: YYYY-MM-DD for the start of that day in UTC, or a time of RFC 3339. Without one it is now.
 *
 * @throws AirkitError USAGE for what is no date
 */
export function judgingTime(at: string | undefined): JudgingTime {
  if (at === undefined) return { time: Date.now(), findings: [] };
  const time = DATE.test(at) ? Date.parse(at) : Number.NaN;
  // Date.parse carries 31 June over into July.
  const isOfCalendar =
    !Number.isNaN(time) &&
    new Date(`${at.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(at.slice(0, 10));
  if (!isOfCalendar) {
    throw new AirkitError('USAGE', `--at ${JSON.stringify(at)} is no date`, {
      hint: 'Write it as YYYY-MM-DD, or as YYYY-MM-DDTHH:MM:SSZ.',
    });
  }
  const message = `keys and expiry are judged as of ${new Date(time).toISOString().replace('.000Z', 'Z')}, not by the clock`;
  return { time, findings: [{ code: 'AT_DATE', severity: 'warning', message }] };
}

/** What its dates and numbers say of a kit whose signature is right: EXPIRED, LOWER_SERIAL. */
export async function checkFreshness(
  index: BundleIndex,
  host: Host,
  { time }: Pick<JudgingTime, 'time'>,
): Promise<Problem[]> {
  return [...checkExpiry(index, time), ...(await checkSerial(index, host))];
}

/** `expires` is the last good day, in UTC. @param time milliseconds since 1970 */
export function isExpired(expires: string | undefined, time: number): boolean {
  if (expires === undefined) return false;
  return time >= Date.parse(`${expires}T00:00:00Z`) + DAY_MILLISECONDS;
}

function checkExpiry({ expires }: BundleIndex, time: number): Problem[] {
  if (!isExpired(expires, time)) return [];
  return [
    {
      code: 'EXPIRED',
      severity: 'error',
      message: `the kit expired at the end of ${expires}`,
      subject: 'bundle.json',
      hint: 'Ask for a newer kit, and check the clock of this machine. --at DATE judges an old kit by its time.',
    },
  ];
}

/** An older kit under the name of a newer one may be an old mistake brought back. */
async function checkSerial({ name, serial }: BundleIndex, host: Host): Promise<Problem[]> {
  if (serial === undefined) return [];
  const last = await findLastSerial(host, name);
  if (last === undefined || serial >= last.serial) return [];
  return [
    {
      code: 'LOWER_SERIAL',
      severity: 'warning',
      message: `the kit's serial is ${serial}, and ${name} with serial ${last.serial} was loaded here before`,
      subject: 'bundle.json',
      hint: `Make sure that an older kit is meant. The receipt of the newer one is ${last.receipt}.`,
    },
  ];
}
