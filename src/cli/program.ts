import { Argument, Command, CommanderError, Option } from 'commander';
import { addComparingCommands } from './comparing-commands.ts';
import { addDiscoverCommand } from './discovering-command.ts';
import type { Shell } from './completion.ts';
import { EXIT } from './exit-codes.ts';
import type { InspectFlags, VerifyFlags } from './flags.ts';
import { addKeyCommands } from './key-commands.ts';
import { addLoadCommands } from './load-commands.ts';
import { addMediaCommands } from './media-commands.ts';
import { collect, common, completing, inVolumes, parseDays, run, trusting } from './options.ts';
import { addPackCommands } from './pack-commands.ts';
import { printable } from '../printable.ts';
import type { CommonFlags } from './run-command.ts';
import { addServeCommand } from './serve-command.ts';
import { addSingleImageCommands } from './single-image-commands.ts';
import { addSnapshotCommand } from './snapshot-command.ts';

const EPILOG = `
Exit codes: 0 done, 2 usage or bundles file, 3 a source, target or disk failed, 4 verification failed,
5 partly done, 130/143 stopped by a signal, 1 a bug in airkit.`;

/** Node takes a command that waits for what never comes for one that is done, and exits 0. */
function endStuck(): void {
  process.stderr.write('error: the command waits for something that never comes (BUG)\n');
  process.exit(EXIT.bug);
}

/** Parses the command line and runs the command; sets the exit code of the process. */
export async function runProgram(argv: readonly string[], version: string): Promise<void> {
  process.once('beforeExit', endStuck);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done); // as with `| head`
    process.stderr.write(`error: cannot write the result: ${error.message}\n`);
    process.exit(EXIT.failed);
  });
  const program = buildProgram(version);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const isUsage = error.exitCode !== 0 && argv.includes('--json');
    if (isUsage)
      process.stdout.write(
        printable(
          `${JSON.stringify({ schemaVersion: 1, error: { code: 'USAGE', message: error.message.replace(/^error: /, ''), hint: 'airkit --help lists the commands.' } })}\n`,
        ),
      );
  } finally {
    process.off('beforeExit', endStuck);
  }
}

/** The whole command line; what a command does is imported when it runs. */
function buildProgram(version: string): Command {
  const program = new Command('airkit')
    .description('Carries container images into networks that have no way out.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', EPILOG)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(printable(text)),
      writeErr: (text) => process.stderr.write(printable(text)),
    })
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false });
  addBundlesFileCommands(program);
  addDiscoverCommand(program);
  addPackCommands(program);
  addSnapshotCommand(program);
  addKitCommands(program);
  addLoadCommands(program);
  addSingleImageCommands(program);
  addServeCommand(program);
  addMediaCommands(program);
  addComparingCommands(program);
  addKeyCommands(program);
  addCacheCommands(program);
  addCompletionCommand(program);
  return program;
}

function addBundlesFileCommands(program: Command): void {
  common(
    program
      .command('init')
      .description('write a commented bundles.yaml')
      .argument('[file]', 'where to write it', 'bundles.yaml'),
  ).action(async (file: string, flags: CommonFlags) =>
    run(flags, async () => (await import('./commands/bundles-file.ts')).initCommand(file)),
  );
  common(
    program
      .command('validate')
      .description('check a bundles file')
      .argument('[file]', 'the bundles file', 'bundles.yaml'),
  ).action(async (file: string, flags: CommonFlags) =>
    run(flags, async () => (await import('./commands/bundles-file.ts')).validateCommand(file)),
  );
  common(program.command('schema').description('print the JSON Schema of bundles files')).action(
    async (flags: CommonFlags) =>
      run(flags, async () => (await import('./commands/bundles-file.ts')).schemaCommand()),
  );
}

function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(program, shell));
    });
}

function addKitCommands(program: Command): void {
  const kit = ['<kit>', 'the kit folder, or the archive in it'] as const;
  completing(
    trusting(
      common(
        program
          .command('verify')
          .description('check signatures, structure and every stored byte')
          .argument(...kit),
      ),
    ),
  )
    .addOption(new Option('--quick', 'leave out the bytes').conflicts('deep'))
    .option('--deep', 'also check that layers decompress to their diff IDs')
    .action(async (path: string, flags: VerifyFlags) =>
      run(flags, async () => (await import('./commands/verify.ts')).verifyCommand(path, flags)),
    );
  inVolumes(
    common(
      program
        .command('inspect')
        .description('show what is in a kit, or in an archive or OCI layout of any tool')
        .argument('<kit>', 'kit, archive or OCI layout'),
    ),
  )
    .option('--trust <pub>', 'a trusted public key or a folder of them (repeatable)', collect)
    .option('--layers', 'show layers')
    .action(async (path: string, flags: InspectFlags) =>
      run(flags, async () => (await import('./commands/inspect.ts')).inspectCommand(path, flags)),
    );
}

function addCacheCommands(program: Command): void {
  const cache = program.command('cache').description('the content cache');
  common(cache.command('list').description('show what it holds')).action(
    async (flags: CommonFlags) =>
      run(flags, async () => (await import('./commands/cache.ts')).cacheListCommand()),
  );
  common(cache.command('prune').description('remove what was not used for a while'))
    .option('--unused-days <days>', 'days since the last use', parseDays, 30)
    .option('--all', 'remove everything')
    .action(async (flags: CommonFlags & { unusedDays: number; all?: boolean }) =>
      run(flags, async () =>
        (await import('./commands/cache.ts')).cachePruneCommand(
          flags.all === true ? 0 : flags.unusedDays,
        ),
      ),
    );
}
