import type { Command } from 'commander';
import type { LockFlags, PackFlags, PlanFlags } from './flags.ts';
import { choosing, collect, collectPairs, common, run } from './options.ts';

const file = ['[file]', 'the bundles file', 'bundles.yaml'] as const;

/** `plan`, `lock` and `pack`. */
export function addPackCommands(program: Command): void {
  addPlanning(program);
  addPack(program);
}

function addPlanning(program: Command): void {
  choosing(
    common(
      program
        .command('plan')
        .description('show what would be packed and what it costs; exports nothing')
        .argument(...file),
    ),
  )
    .option('-o, --output <dir>', 'the kit folder of the one bundle planned')
    .option('--why <ref>', 'show why an image is in it')
    .action(async (path: string, flags: PlanFlags) =>
      run(flags, async () => (await import('./commands/plan.ts')).planCommand(path, flags)),
    );
  common(
    program
      .command('lock')
      .description('write bundles.lock.json: what the selectors choose now, by digest')
      .argument(...file),
  )
    .option(
      '--update <pattern>',
      'renew only images whose name matches, keep all others (repeatable)',
      collect,
    )
    .action(async (path: string, flags: LockFlags) =>
      run(flags, async () => (await import('./commands/lock.ts')).lockCommand(path, flags)),
    );
}

function addPack(program: Command): void {
  choosing(
    common(
      program
        .command('pack')
        .description('write the kits')
        .argument(...file),
    ),
  )
    .option('-o, --output <dir>', 'the kit folder of the one bundle packed')
    .option('--force', 'replace a kit that is there')
    .option('--key <key>', 'sign with this key: a path, env:NAME, agent:KEY or exec:COMMAND')
    .option('--public-key <pub>', 'the public key of exec:COMMAND (default: a trusted key)')
    .option(
      '--with-loader <list>',
      'single-file airkits for the kit: linux-x64,linux-arm64 or paths (repeatable)',
      collect,
    )
    .option('--annotation <k=v>', 'an annotation of the bundle index (repeatable)', collectPairs)
    .action(async (path: string, flags: PackFlags) =>
      run(flags, async () => (await import('./commands/pack.ts')).packCommand(path, flags)),
    );
}
