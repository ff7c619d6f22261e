/** What a containerd has, as ctr tells it. */
import { succeed } from '../../support/engines/command.ts';
import type { ContainerdEngine } from '../../support/engines/containerd.ts';

/** The name under which Kubernetes looks for a pinned image: `REPOSITORY@DIGEST`. */
export function pinOf(name: string, digest: string): string {
  return `${name.replace(/:[^:/]+$/u, '')}@${digest}`;
}

/** Targets of all image records, by name. */
export async function recordsOf(node: ContainerdEngine): Promise<Record<string, string>> {
  const rows = (await linesOf(node, 'images', 'ls')).slice(1);
  return Object.fromEntries(rows.map((row) => row.split(/\s+/u)).map(([name, , id]) => [name, id]));
}

/** The lines that a command of ctr prints. */
export async function linesOf(node: ContainerdEngine, ...args: string[]): Promise<string[]> {
  return (await succeed(node.ctr(...args))).split('\n').filter((line) => line !== '');
}

/** Removes every image, and the content that nothing else needs. */
export async function removeAll(node: ContainerdEngine): Promise<void> {
  const names = await linesOf(node, 'images', 'ls', '--quiet');
  if (names.length > 0) await succeed(node.ctr('images', 'rm', '--sync', ...names));
}

/** Names whose images are complete and unpacked. */
export async function readyNames(node: ContainerdEngine): Promise<string[]> {
  const rows = await linesOf(node, 'images', 'check');
  return rows.filter((row) => /\strue\s*$/u.test(row)).map((row) => row.split(' ')[0] ?? '');
}
