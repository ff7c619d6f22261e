import { Option, type Command } from 'commander';
import type { SignFlags, TrustAddFlags, TrustRemoveFlags } from './flags.ts';
import { common, inVolumes, run } from './options.ts';
import type { CommonFlags } from './run-command.ts';

/** `keygen`, `sign` and `trust`. */
export function addKeyCommands(program: Command): void {
  common(
    program
      .command('keygen')
      .description('make a key pair: PREFIX.key, PREFIX.pub, PREFIX.allowed_signers'),
  )
    .option('-o, --output <prefix>', 'path and first part of the names', 'airkit')
    .action(async (flags: CommonFlags & { output: string }) =>
      run(flags, async () => (await import('./commands/keys.ts')).keygenCommand(flags.output)),
    );
  inVolumes(
    common(
      program
        .command('sign')
        .description(
          'add a signature to a kit, or to a folder with its bundle.json and SHA256SUMS only',
        )
        .argument('<kit>', 'the kit folder'),
    ),
  )
    .option(
      '--key <key>',
      'a path, env:NAME, agent:KEY (fingerprint, comment or PATH.pub) or exec:COMMAND',
    )
    .addOption(
      new Option(
        '--exec <command>',
        'sign by a command (KMS, HSM, token): SHA-256 on stdin, signature on stdout',
      ).conflicts('key'),
    )
    .option('--public-key <pub>', 'whose signatures the command makes (default: a trusted key)')
    .action(async (path: string, flags: SignFlags) =>
      run(flags, async () => (await import('./commands/keys.ts')).signCommand(path, flags)),
    );
  addTrustCommands(program.command('trust').description('trusted keys'));
}

function addTrustCommands(trust: Command): void {
  const system = ['--system', 'in /etc/airkit/trust, for all users of this machine'] as const;
  common(
    trust.command('list').description('show the keys that are trusted without --trust'),
  ).action(async (flags: CommonFlags) =>
    run(flags, async () => (await import('./commands/trust.ts')).trustListCommand()),
  );
  common(
    trust
      .command('add')
      .description('trust the keys of a file: PEM, cosign.pub, SSH public keys, allowed_signers')
      .argument('<file>', 'the file; with --revoked also a key id or fingerprint'),
  )
    .option('--name <name>', 'what to call the copy (default: as the file)')
    .option('--revoked', 'never trust these keys again, whichever file names them')
    .option(...system)
    .action(async (file: string, flags: TrustAddFlags) =>
      run(flags, async () => (await import('./commands/trust.ts')).trustAddCommand(file, flags)),
    );
  common(
    trust
      .command('remove')
      .description('end the trust in a key, or in all keys of a file')
      .argument('<key>', 'key id, SSH fingerprint, or name of the file'),
  )
    .option(...system)
    .action(async (key: string, flags: TrustRemoveFlags) =>
      run(flags, async () => (await import('./commands/trust.ts')).trustRemoveCommand(key, flags)),
    );
}
