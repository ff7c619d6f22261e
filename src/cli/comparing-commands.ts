import type { Command } from 'commander';
import type { DiffFlags, InventoryFlags } from './flags.ts';
import { collect, common, inVolumes, run, TARGETS } from './options.ts';

/** `diff` and `inventory`. */
export function addComparingCommands(program: Command): void {
  inVolumes(
    common(
      program
        .command('diff')
        .description('what changed between two kits, or what a target lacks of one')
        .argument('<kit>', 'the kit; of two, the older')
        .argument('[newer]', 'the newer kit'),
    ),
  )
    .option('--target <target>', `compare with what is there: docker, ${TARGETS}`)
    .option('--trust <pub>', 'a trusted public key or a folder of them (repeatable)', collect)
    .option('--scoped', 'on a registry, with the source host as the first part of names')
    .action(async (kit: string, newer: string | undefined, flags: DiffFlags) =>
      run(flags, async () =>
        (await import('./commands/diff.ts')).diffCommand({ kit, newer }, flags),
      ),
    );
  common(
    program
      .command('inventory')
      .description('write down what a target holds')
      .argument('<target>', `docker, ${TARGETS.replace(' k3s[:DIR],', '')}`),
  )
    .option('-o, --output <file>', 'where to write it (default: stdout)')
    .action(async (target: string, flags: InventoryFlags) =>
      run(flags, async () =>
        (await import('./commands/inventory.ts')).inventoryCommand(target, flags),
      ),
    );
}
