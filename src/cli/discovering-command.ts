import { Option, type Command } from 'commander';
import type { DiscoverFlags } from './flags.ts';
import { common, run } from './options.ts';

const EPILOG = `
PATH is a file, a folder, or - for what is piped in:
  helm template charts/shop | airkit discover -
  kubectl get pods -A -o json | airkit discover - > images.txt
Charts are rendered with helm, kustomizations built with kustomize or kubectl, where these are installed.`;

/** `discover`. */
export function addDiscoverCommand(program: Command): void {
  common(
    program
      .command('discover')
      .description('list the images that Kubernetes manifests, compose files, charts and lists use')
      .argument('<path...>', 'files and folders; - reads stdin')
      .addHelpText('after', EPILOG),
  )
    .addOption(
      new Option('--kind <kind>', 'what the paths are (default: told by their content)').choices([
        'kubernetes',
        'compose',
        'helm',
        'kustomize',
        'list',
      ]),
    )
    .option('--why <ref>', 'show every place that names an image')
    .option('--include-possible', 'list values that only look like images, too')
    .addOption(
      new Option('--format <format>', 'one reference per line, or a selector of a bundles file')
        .choices(['list', 'bundles'])
        .default('list'),
    )
    .action(async (paths: string[], flags: DiscoverFlags) =>
      run(flags, async () =>
        (await import('./commands/discover.ts')).discoverCommand(paths, flags),
      ),
    );
}
