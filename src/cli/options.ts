import { InvalidArgumentError, Option, type Command } from 'commander';
import { runCommand, type Command as Action, type CommonFlags } from './run-command.ts';

/** Runs a command; its code is imported only now. */
export async function run(flags: CommonFlags, prepare: () => Promise<Action>): Promise<void> {
  await runCommand(flags, async (...given) => (await prepare())(...given));
}

/** Adds the options that every command has. */
export function common(command: Command): Command {
  return command
    .option('--json', 'print one JSON document')
    .option('-q, --quiet', 'print nothing but results and errors')
    .option('--no-progress', 'show no progress');
}

/** Adds the options of commands that choose images. */
export function choosing(command: Command): Command {
  return inVolumes(command)
    .option('--volume-size <size>', 'split the archive: 4GiB, 650MB, …, or fat32, dvd')
    .option('--bundle <name>', 'only this bundle (repeatable)', collect)
    .option('--allow-missing', 'leave out images that cannot be had; exits 5 then')
    .option('--reuse <kit>', 'do not fetch again what this kit holds (repeatable)', collect)
    .option(
      '--base <kit>',
      'leave out layers that this kit, bundle.json or inventory holds (repeatable: that all hold)',
      collect,
    )
    .addOption(
      new Option('--locked', 'demand a lock: bundles.lock.json beside the file').conflicts('lock'),
    )
    .option('--no-lock', 'choose images anew although there is a lock');
}

/** Adds the option of commands that read kits. */
export function inVolumes(command: Command): Command {
  return command.option(
    '--volumes <dir>',
    'where more volumes of the kit lie (repeatable)',
    collect,
  );
}

/** Adds the options of commands that use kits. */
export function trusting(command: Command): Command {
  return judging(inVolumes(command));
}

/** Adds the options of who may have signed a kit, and when it is judged. */
export function judging(command: Command): Command {
  return command
    .option('--trust <pub>', 'a trusted public key or a folder of them (repeatable)', collect)
    .option('--allow-unsigned', 'admit a kit that has no signature at all')
    .addOption(
      new Option('--threshold <n>', 'how many different trusted keys must have signed (default: 1)')
        .argParser(parseThreshold)
        .conflicts('allowUnsigned'),
    )
    .option('--at <date>', 'judge keys and expiry by this date, for old kits (default: now)');
}

/** Adds the option of commands that complete thin kits. */
export function completing(command: Command): Command {
  return command.option(
    '--base <kit>',
    'a kit that holds what a thin kit left out; it must be trusted too (repeatable)',
    collect,
  );
}

/** Media that `--to` names besides the Docker engine. */
export const TARGETS: string =
  'docker+ssh://[USER@]HOST, podman, containerd[:NAMESPACE], k3s[:DIR], registry://HOST[/PREFIX], oci:DIR';

/** The option of commands that know a registry which nodes can pull from. */
export function mirrorConfigOption(description: string): Option {
  const engines = ['containerd', 'docker', 'podman', 'k3s'];
  return new Option('--mirror-config <engine>', description).choices(engines);
}

/** A repeatable option. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** A repeatable option of the form KEY=VALUE. */
export function collectPairs(
  value: string,
  before: Record<string, string> = {},
): Record<string, string> {
  const equals = value.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Write it as KEY=VALUE.');
  return { ...before, [value.slice(0, equals)]: value.slice(equals + 1) };
}

/** A number of signers. */
function parseThreshold(value: string): number {
  if (/^[1-9]\d{0,2}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('A number from 1 on is expected.');
}

/** A number of days. */
export function parseDays(value: string): number {
  if (/^\d{1,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('A number of days is expected.');
}
