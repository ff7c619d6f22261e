import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';

/**
 * Which process a number means: the number and the start of the process, since numbers are used again; both from
 * /proc/PID/stat (proc(5)). Empty where there is no such process, or no such file system.
 */
export async function identityOf(pid: number): Promise<string> {
  return identityIn(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}

/** {@link identityOf} this process. */
export function ownIdentity(): string {
  return (own ??= readOwn());
}

/** True when some process has that number now. */
export function isRunning(pid: number): boolean {
  try {
    getPriority(pid);
    return true;
  } catch {
    return false;
  }
}

/** False only for a process that is known to be gone. */
export async function mayBeAlive(identity: string): Promise<boolean> {
  const [pid = ''] = identity.split('-');
  if (!/^\d+-\d+$/.test(identity) || ownIdentity() === '') return true;
  return (await identityOf(Number(pid))) === identity;
}

let own: string | undefined;

function readOwn(): string {
  try {
    return identityIn(readFileSync('/proc/self/stat', 'utf8'));
  } catch {
    return '';
  }
}

/** The name of the program is in parentheses, whatever is in it; the start is field 22. */
function identityIn(stat: string): string {
  const [pid = ''] = stat.split(' ');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return start === undefined ? '' : `${pid}-${start}`;
}
