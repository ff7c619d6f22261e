import type { OperationOptions } from '../../content/operation.ts';
import { parseContainer, parseListedContainer } from '../../content/parse-container.ts';
import { by } from '../../oci/compare.ts';
import { asArray, asObject } from '../../oci/json.ts';
import { parseRuntimeConfig, type RuntimeConfig } from '../../oci/runtime-config.ts';
import { ask, send, type Api } from './api.ts';
import { podmanFailure, readAnswer, type PodmanContainers } from './podman.ts';

/** The calls of podman's Docker API (`/v1.40`) at its socket. */
export function containersOf(api: Api): PodmanContainers {
  return {
    list: async (options) => {
      const question = { path: '/containers/json', query: [['all', 'true']] as const };
      const { bytes } = await ask(
        api,
        { ...question, ...DOCKER_API, what: 'list containers' },
        options,
      );
      const found = readAnswer(api.place, bytes, (value) =>
        asArray(value, 'containers').map(parseListedContainer),
      );
      return found.toSorted(by(({ name }) => name));
    },
    inspect: async (id, options) => {
      const what = `inspect container ${id.slice(0, 12)}`;
      const question = { path: `/containers/${id}/json`, query: [['size', 'true']] as const };
      const { bytes } = await ask(api, { ...question, ...DOCKER_API, what }, options);
      const found = readAnswer(api.place, bytes, parseContainer);
      return {
        ...found,
        runtime: completed(found.runtime, await imageConfig(api, found.image, options)),
      };
    },
    export: (id, options) => exportContainer(api, id, options),
  };
}

/**
 * Podman 4 does not tell of a container which ports it exposes and what its volumes are: its image does. Into `Env` it writes what
 * it sets itself, some of it only when the container starts again: that is no part of an image, unless the image has it.
 */
function completed(
  { Env, ...runtime }: RuntimeConfig,
  { ExposedPorts, Volumes, Env: inherited = [] }: RuntimeConfig,
): RuntimeConfig {
  const own = /^(?:container=(?:podman|oci)$|HOSTNAME=|HOME=|TERM=xterm$)/;
  const kept = Env?.filter((variable) => inherited.includes(variable) || !own.test(variable));
  return { ExposedPorts, Volumes, ...runtime, ...(kept === undefined ? {} : { Env: kept }) };
}

async function imageConfig(
  api: Api,
  image: string,
  options: OperationOptions = {},
): Promise<RuntimeConfig> {
  const question = { path: `/images/${image}/json`, what: `inspect ${image}`, ...DOCKER_API };
  const { status, bytes } = await ask(api, question, { ...options, accepts: [200, 404] });
  if (status === 404) return {};
  return readAnswer(api.place, bytes, (value) =>
    parseRuntimeConfig(asObject(value, 'image')['Config'], 'Config'),
  );
}

const DOCKER_API = { isDockerApi: true } as const;

async function* exportContainer(
  api: Api,
  id: string,
  options: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const what = `export container ${id.slice(0, 12)}`;
  const { body } = await send(
    api,
    { path: `/containers/${id}/export`, ...DOCKER_API, what },
    options,
  );
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw podmanFailure(api.place, what, error);
  }
}
