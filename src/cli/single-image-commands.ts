import { Option, type Command } from 'commander';
import type { ConvertFlags, SaveFlags, SendFlags } from './flags.ts';
import { collectRenames } from './load-commands.ts';
import { collect, common, run, trusting, TARGETS } from './options.ts';

const SOURCES =
  'docker (default), docker+ssh://[USER@]HOST, podman, containerd[:NAMESPACE], registry, oci:DIR, docker-archive:FILE, …';

/** `save`, `send` and `convert`: what needs no bundles file and no kit. */
export function addSingleImageCommands(program: Command): void {
  addSave(program);
  addSend(program);
  addConvert(program);
}

function addSave(program: Command): void {
  fromSource(
    common(
      program
        .command('save')
        .description('write images into one archive, which docker load and the like read too')
        .argument('<refs...>', 'references or patterns'),
    ),
  )
    .option('-o, --output <file>', 'a file, or - for a pipe (default: the pipe)')
    .option('--force', 'replace a file that is there')
    .option('--rename <from=to>', 'other names in the archive', collectRenames)
    .addOption(layersOption('gzip'))
    .action(async (references: string[], flags: SaveFlags) =>
      run(flags, async () => (await import('./commands/save.ts')).saveCommand(references, flags)),
    );
}

function addSend(program: Command): void {
  fromSource(
    common(
      program
        .command('send')
        .description('copy images from one engine to another; only what is missing travels')
        .usage('[options] <refs...> <target>')
        .argument('<refs-and-target...>', `references or patterns; last docker, ${TARGETS}`),
    ),
  )
    .option('--rename <from=to>', 'other names in the target', collectRenames)
    .addOption(
      new Option('--on-existing-tag <way>', 'names that stand for something else there').choices([
        'overwrite',
        'skip',
        'fail',
      ]),
    )
    .option('--scoped', 'on a registry, keep the source host as the first part of names')
    .option('--dry-run', 'compare only')
    .option('--receipt <file>', 'where to write the receipt')
    .action(async (words: string[], flags: SendFlags) =>
      run(flags, async () => (await import('./commands/send.ts')).sendCommand(words, flags)),
    );
}

function addConvert(program: Command): void {
  trusting(
    common(
      program
        .command('convert')
        .description('write an archive, OCI layout or kit in another format')
        .argument('<from>', 'docker-archive:FILE, oci-archive:FILE, oci:DIR, kit:DIR, or a path')
        .argument('<to>', 'docker-archive:FILE, oci-archive:FILE, oci:DIR or kit:DIR'),
    ),
  )
    .option('--include <pattern>', 'only images that match (repeatable)', collect)
    .option('--platform <os/arch>', 'only this platform of each image (repeatable)', collect)
    .option('--force', 'replace what is there; of an OCI layout, add to it')
    .option(
      '--key <key>',
      'sign the kit with this key: a path, env:NAME, agent:KEY or exec:COMMAND',
    )
    .addOption(layersOption('gzip, in kits zstd'))
    .action(async (from: string, to: string, flags: ConvertFlags) =>
      run(flags, async () =>
        (await import('./commands/convert.ts')).convertCommand({ from, to }, flags),
      ),
    );
}

function fromSource(command: Command): Command {
  return command
    .option('--from <source>', SOURCES)
    .option('--platform <os/arch>', 'only this platform of each image (repeatable)', collect);
}

function layersOption(byDefault: string): Option {
  const text = `how layers are stored that are not compressed (default: ${byDefault})`;
  return new Option('--layers <way>', text).choices(['gzip', 'zstd', 'none']);
}
