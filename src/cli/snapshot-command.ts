import { Option, type Command } from 'commander';
import type { SnapshotFlags } from './flags.ts';
import { collect, common, run } from './options.ts';

/** `snapshot`. */
export function addSnapshotCommand(program: Command): void {
  common(
    program
      .command('snapshot')
      .description('write the file system of a container as an image archive')
      .argument('<container>', 'name, ID or first digits of the ID; running or stopped'),
  )
    .requiredOption('--as <name>', 'name of the image; {name}, {id} and {date} are replaced')
    .option(
      '-o, --output <file>',
      'the archive, or - for stdout (default: a file named after the image)',
    )
    .option('--from <engine>', 'docker (default), podman or docker+ssh://[USER@]HOST')
    .option(
      '--change <instruction>',
      'a Dockerfile instruction, as docker import takes it (repeatable)',
      collect,
    )
    .option('--no-config', 'drop command, environment, user and so on')
    .addOption(
      new Option('--layers <encoding>', 'compression of the layer (default: gzip)').choices([
        'zstd',
        'gzip',
        'none',
      ]),
    )
    .option('--force', 'replace a file that is there')
    .action(async (container: string, flags: SnapshotFlags) =>
      run(flags, async () =>
        (await import('./commands/snapshot.ts')).snapshotCommand(container, flags),
      ),
    );
}
