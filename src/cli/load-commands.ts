import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  collect,
  common,
  completing,
  mirrorConfigOption,
  run,
  trusting,
  TARGETS,
} from './options.ts';
import type { LoadFlags, RollbackFlags } from './flags.ts';
import type { CommonFlags } from './run-command.ts';

/** `load`, `rollback` and `history`. */
export function addLoadCommands(program: Command): void {
  addLoad(program);
  addReceiptCommands(program);
}

function addLoad(program: Command): void {
  const command = completing(
    trusting(
      common(
        program
          .command('load')
          .description('verify a kit and restore its images; or an archive of any tool')
          .argument('<kit>', 'the kit folder, an archive or OCI layout, or - for a pipe'),
      ),
    ),
  );
  targetFlags(choiceFlags(command))
    .option('--keep-going', 'load what can be loaded; reads the kit twice')
    .addOption(mirrorConfigOption('also print the files with which nodes pull from that registry'))
    .option('--dry-run', 'compare only')
    .option('--receipt <file>', 'where to write the receipt')
    .action(async (path: string, flags: LoadFlags) =>
      run(flags, async () => (await import('./commands/load.ts')).loadCommand(path, flags)),
    );
}

function targetFlags(command: Command): Command {
  return command
    .option('--to <target>', `docker (default), ${TARGETS} (repeatable: side by side)`, collect)
    .option('--scoped', 'on a registry, keep the source host as the first part of names')
    .addOption(
      new Option(
        '--sparse-index <way>',
        'on a registry, an index of which some platforms are absent',
      ).choices(['keep', 'strip', 'fail']),
    );
}

function choiceFlags(command: Command): Command {
  return command
    .option('--include <pattern>', 'only images that match (repeatable)', collect)
    .option('--exclude <pattern>', 'not the images that match (repeatable)', collect)
    .option('--rename <from=to>', 'other names in the target, as in bundles files', collectRenames)
    .option('--platform <os/arch>', 'only this platform of each image (repeatable)', collect)
    .addOption(
      new Option('--on-existing-tag <way>', 'names that stand for something else there').choices([
        'overwrite',
        'skip',
        'fail',
      ]),
    );
}

function addReceiptCommands(program: Command): void {
  common(
    program
      .command('rollback')
      .description('put names back where a load found them')
      .argument('<receipt>', 'the receipt of the load'),
  )
    .option('--dry-run', 'show what would be put back; asks no target')
    .option('--receipt <file>', 'where to write the receipt of the rollback')
    .action(async (path: string, flags: RollbackFlags) =>
      run(flags, async () => (await import('./commands/rollback.ts')).rollbackCommand(path, flags)),
    );
  common(program.command('history').description('list the receipts of this machine')).action(
    async (flags: CommonFlags) =>
      run(flags, async () => (await import('./commands/history.ts')).historyCommand()),
  );
}

type Renames = { readonly from: string; readonly to: string }[];

/** No name holds an equals sign. */
export function collectRenames(value: string, before: Renames = []): Renames {
  const [from = '', to = '', ...more] = value.split('=');
  if (from === '' || to === '' || more.length > 0)
    throw new InvalidArgumentError('Write it as FROM=TO, such as "docker.io/library/*=apps/*".');
  return [...before, { from, to }];
}
