import { AirkitError } from '../../errors.ts';
import type { ContainerEngine, InspectedContainer } from '../../content/container.ts';
import type { OperationOptions } from '../../content/operation.ts';
import type { ContainerAnswer } from '../../content/parse-container.ts';
import { openPodman } from './find-podman.ts';
import type { Podman, PodmanEnvironment } from './podman.ts';

/**
 * The containers of a podman, over its socket.
 *
 * @throws AirkitError SOURCE_FAILED when there is no podman, UNSUPPORTED when only its command is there
 */
export async function openPodmanContainers(
  { environment }: { readonly environment: PodmanEnvironment },
  options: OperationOptions = {},
): Promise<ContainerEngine> {
  const podman = await openPodman({ environment, side: 'source' }, options);
  const { containers } = podman;
  if (containers === undefined) {
    await podman[Symbol.asyncDispose]();
    throw new AirkitError(
      'UNSUPPORTED',
      'podman: containers are read over its socket, and none answers',
      {
        hint: 'Start it: systemctl --user start podman.socket (as root without --user). CONTAINER_HOST=unix:///PATH names another one.',
      },
    );
  }
  return {
    list: async (call) => containers.list(call),
    inspect: async (id, call) => withPlatform(podman, await containers.inspect(id, call), call),
    export: (id, call) => containers.export(id, call),
    [Symbol.asyncDispose]: async () => podman[Symbol.asyncDispose](),
  };
}

async function withPlatform(
  podman: Podman,
  { image, ...found }: ContainerAnswer,
  options?: OperationOptions,
): Promise<InspectedContainer> {
  const [inspected] = (await podman.inspect([image], options)).values();
  return {
    ...found,
    platform: inspected?.platform ?? podman.platform,
  };
}
