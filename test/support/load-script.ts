/** Runs a kit's load.sh as a person does, with a shell of the machine. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSums, sumFile } from '../../src/archive/sums.ts';
import { run, type Outcome } from './engines/command.ts';

/** POSIX shells that distributions have as /bin/sh. With `busybox sh`, busybox's own tools come first. */
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  dash: ['dash'],
  busybox: ['busybox', 'sh'],
};

/** The ones that are installed here; `sh` where none is. */
export const shells: readonly string[] = ['sh', ...Object.keys(SHELLS)]
  .filter((name) => spawnSync(commandOf(name)[0] ?? '', ['-c', ':']).error === undefined)
  .filter((name, _, all) => name !== 'sh' || all.length === 1);

export interface ScriptCall {
  /** One of {@link shells}. */
  readonly shell: string;
  /** The kit folder. */
  readonly kit: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where it runs. Default: the process's own folder. */
  readonly cwd?: string | undefined;
}

export async function loadScript({
  shell,
  kit,
  args,
  env,
  cwd = '.',
}: ScriptCall): Promise<Outcome> {
  const words = ['-C', cwd, ...commandOf(shell), join(kit, 'load.sh'), ...args];
  return run({ file: 'env', args: words, env: { XDG_STATE_HOME: undefined, ...env } });
}

/** Image lines of its output: status and ID afterwards, by name. */
export function loadedBy({ stdout }: Outcome): Record<string, string[]> {
  const lines = stdout.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [status = '', name = '', , id = ''] = line.split('\t');
      return [name, [status, id]];
    }),
  );
}

/** Writes SHA256SUMS anew, as only an unsigned kit allows. */
export async function sumAgain(kit: string, names: readonly string[]): Promise<void> {
  const sums = names.map(async (name) => ({ name, sha256: await sumFile(join(kit, name)) }));
  await writeFile(join(kit, 'SHA256SUMS'), formatSums(await Promise.all(sums)));
}

function commandOf(shell: string): readonly string[] {
  return SHELLS[shell] ?? [shell];
}
