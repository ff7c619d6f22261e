import type { Command } from 'commander';
import type { GatherFlags, VolumeFlags } from './flags.ts';
import { common, inVolumes, judging, run } from './options.ts';

/** `copy` and `gather`. */
export function addMediaCommands(program: Command): void {
  inVolumes(
    common(
      program
        .command('copy')
        .description('copy a kit onto media, one or more volumes each, and check what was written')
        .argument('<kit>', 'the kit folder')
        .argument('<dirs...>', 'a folder on each medium, filled in this order'),
    ),
  ).action(async (path: string, dirs: string[], flags: VolumeFlags) =>
    run(flags, async () => (await import('./commands/copy.ts')).copyCommand({ path, dirs }, flags)),
  );
  judging(
    common(
      program
        .command('gather')
        .description('put a kit together again from media, one after the other')
        .argument('[dirs...]', 'folders on media that hold parts of it'),
    ),
  )
    .requiredOption('--into <dir>', 'the kit folder that results')
    .action(async (dirs: string[], flags: GatherFlags) =>
      run(flags, async () => (await import('./commands/gather.ts')).gatherCommand(dirs, flags)),
    );
}
