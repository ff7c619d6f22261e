/** What is mounted, as the kernel tells it, and how it goes away. */
import { readFile } from 'node:fs/promises';
import { run } from './command.ts';

/** The mount points at or below a folder, innermost first. */
export async function mountsBelow(folder: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .toReversed();
}

/** Unmounts everything at or below a folder, busy mounts lazily. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of await mountsBelow(folder)) {
    const { code } = await run({ file: 'umount', args: [point] });
    if (code !== 0) await run({ file: 'umount', args: ['--lazy', point] });
  }
}

/** proc(5): space, tab, newline and backslash are written as `\ooo`. */
function unescapeOctal(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) =>
    String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}
