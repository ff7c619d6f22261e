import type { Command } from 'commander';
import { runCommand, type Command as Action, type CommonFlags } from './run-command.ts';

/** Runs what a command prepares; its module is imported only then. */
export async function run(flags: CommonFlags, prepare: () => Promise<Action>): Promise<void> {
  await runCommand(flags, async (host, options) => (await prepare())(host, options));
}

/** Flags that every command has. */
export function common(command: Command): Command {
  return command
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'print nothing but results and errors')
    .option('--no-progress', 'show no progress');
}

/** Flags of commands that judge signatures. */
export function trusting(command: Command): Command {
  return command
    .option('--trust <pub>', 'a trusted public key or a folder of them (repeatable)', collect)
    .option('--allow-unsigned', 'admit a kit that has no signature at all');
}

/** A flag that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
