import type { OperationOptions } from '../../content/operation.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatReference } from '../../oci/reference.ts';
import { asArray } from '../../oci/json.ts';
import {
  isCalled,
  parseHistorySizes,
  parseImage,
  parseInfo,
  parseList,
  readAnswer,
  type Podman,
  type PodmanEnvironment,
  type PodmanImage,
  type PodmanSide,
} from './podman.ts';
import { runPodman, streamPodman, type CommandRun, type PodmanCommand } from './run-command.ts';

/** Images in one `podman image inspect`: its arguments must fit. */
const NAMES_PER_CALL = 200;
/** What the versions of podman write about a name that they do not have, or that is a list of manifests. */
const UNKNOWN =
  /image not known|no such image|failed to find image|no image found in (?:manifest list|image index)/;

/**
 * Podman through its command, for machines without the socket. It runs as the person who runs airkit, with that
 * person's store.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when there is no such command, or it fails
 */
export async function openCommand(
  { environment, side }: { readonly environment: PodmanEnvironment; readonly side: PodmanSide },
  options: OperationOptions = {},
): Promise<Podman> {
  const command: PodmanCommand = { address: 'the command podman', side, environment };
  const run = async (what: CommandRun, call?: OperationOptions): Promise<Buffer> =>
    runPodman(command, what, call);
  const what = 'ask for its properties';
  const info = await run({ args: ['info', '--format', 'json'], what }, options);
  return {
    address: command.address,
    side,
    ...readAnswer(command, info, parseInfo),
    ...imageCalls(command, run),
    list: async (call) => {
      const args = ['images', '--all', '--no-trunc', '--format', 'json'];
      return readAnswer(command, await run({ args, what: 'list images' }, call), parseList);
    },
    inspect: async (names, call) => inspectAll(command, names, call),
    historySizes: async (id, call) => {
      const args = ['history', '--format', 'json', id];
      const history = await run({ args, what: `read the history of ${id}` }, call);
      return readAnswer(command, history, parseHistorySizes);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

type Run = (what: CommandRun, call?: OperationOptions) => Promise<Buffer>;

function imageCalls(
  command: PodmanCommand,
  run: Run,
): Pick<Podman, 'pull' | 'load' | 'tag' | 'untag' | 'save'> {
  return {
    pull: async ({ reference, platform }, call) => {
      const flags = platform === undefined ? [] : ['--platform', formatPlatform(platform)];
      const args = ['pull', '--quiet', '--tls-verify=false', ...flags, formatReference(reference)];
      await run({ args, what: 'take the image' }, call);
    },
    load: async (archive, call) => {
      await run({ args: ['load', '--quiet'], what: 'load the image', stdin: archive }, call);
    },
    tag: async (image, name, call) => {
      const text = formatReference(name);
      await run({ args: ['tag', image, text], what: `give the name ${text}` }, call);
    },
    untag: async (name, call) => {
      const text = formatReference(name);
      await run({ args: ['untag', text, text], what: `take away the name ${text}` }, call);
    },
    save: (ids, call) => {
      const flags = ['--quiet', '--multi-image-archive', '--format', 'docker-archive'];
      return streamPodman(
        command,
        { args: ['save', ...flags, ...ids], what: 'export images' },
        call,
      );
    },
  };
}

async function inspectAll(
  command: PodmanCommand,
  names: readonly string[],
  options?: OperationOptions,
): Promise<Map<string, PodmanImage>> {
  const found = new Map<string, PodmanImage>();
  for (let start = 0; start < names.length; start += NAMES_PER_CALL) {
    const some = names.slice(start, start + NAMES_PER_CALL);
    const run = { args: ['image', 'inspect', ...some], what: 'inspect images', isAnswer };
    const images = readAnswer(command, await runPodman(command, run, options), (value) =>
      asArray(value, 'images').map(parseImage),
    );
    for (const name of some) {
      // The command leaves out what it does not have, and does not repeat what it was asked.
      const image = images.find((one) => isCalled(one, name));
      if (image !== undefined) found.set(name, image);
    }
  }
  return found;
}

function isAnswer(stderr: string): boolean {
  const errors = stderr.split('\n').filter((line) => line.startsWith('Error: '));
  return errors.length > 0 && errors.every((line) => UNKNOWN.test(line));
}
