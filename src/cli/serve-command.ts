import type { Command } from 'commander';
import type { ServeFlags } from './flags.ts';
import { common, completing, mirrorConfigOption, run, trusting } from './options.ts';

/** `serve`. */
export function addServeCommand(program: Command): void {
  completing(
    trusting(
      common(
        program
          .command('serve')
          .description(
            'verify a kit and serve it as a read-only registry, straight from its archive',
          )
          .argument('<kit>', 'the kit folder, or the archive in it'),
      ),
    ),
  )
    .option('--listen <host:port>', 'where to listen (default: 127.0.0.1:5000; port 0: any)')
    .option('--tls-cert <file>', 'PEM certificate, with its chain')
    .option('--tls-key <file>', 'PEM key of the certificate')
    .option('--htpasswd <file>', 'users who may pull, as htpasswd -B writes them')
    .addOption(
      mirrorConfigOption('print the files with which nodes pull the original names, and exit'),
    )
    .action(async (path: string, flags: ServeFlags) =>
      run(flags, async () => (await import('./commands/serve.ts')).serveCommand(path, flags)),
    );
}
