import type { Readable } from 'node:stream';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { asObject } from '../../oci/json.ts';
import { canonicalName, formatReference, type Reference } from '../../oci/reference.ts';
import {
  isCalled,
  parseHistorySizes,
  parseImage,
  parseInfo,
  parseList,
  podmanFailure,
  readAnswer,
  type Podman,
  type PodmanImage,
  type PodmanFacts,
  type PodmanPlace,
  type PodmanSide,
  type PullRequest,
} from './podman.ts';
import { containersOf } from './docker-api.ts';
import { ask, send, type Api, type Question } from './api.ts';
import { watchArchive } from './watch-archive.ts';

/** A socket that systemd listens on may start podman first. In milliseconds. */
const LONGEST_GREETING = 30_000;

/**
 * Podman over its own API at a Unix socket.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when it does not answer
 */
export async function openSocket(
  { path, side }: { readonly path: string; readonly side: PodmanSide },
  options: OperationOptions = {},
): Promise<Podman> {
  const { Agent } = await import('undici');
  const agent = new Agent({
    connect: { socketPath: path },
    pipelining: 0, // No connection is used twice: a podman that systemd starts ends when it is idle.
    headersTimeout: 0, // A load is answered when it is done.
    bodyTimeout: 0,
  });
  const place = { address: `unix://${path}`, side };
  const api: Api = { agent, place };
  try {
    const greeting = AbortSignal.timeout(LONGEST_GREETING);
    const signal =
      options.signal === undefined ? greeting : AbortSignal.any([options.signal, greeting]);
    const { bytes } = await ask(api, { path: '/info', what: 'ask for its properties' }, { signal });
    return { ...place, ...readAnswer(place, bytes, parseInfo), ...callsOf(api) };
  } catch (error) {
    await agent.destroy();
    options.signal?.throwIfAborted();
    throw podmanFailure(place, 'ask for its properties', error);
  }
}

type Calls = Omit<Podman, keyof PodmanPlace | keyof PodmanFacts>;

function callsOf(api: Api): Calls {
  const { agent, place } = api;
  return {
    list: async (options) => {
      const { bytes } = await ask(api, { path: '/images/json', what: 'list images' }, options);
      return readAnswer(place, bytes, parseList);
    },
    inspect: async (names, options) => {
      const found = await mapLimited(
        names,
        async (name, call) => inspect(api, name, call),
        options,
      );
      return new Map(found.flat());
    },
    historySizes: async (id, options) => {
      const question = { path: `/images/${id}/history`, what: `read the history of ${id}` };
      return readAnswer(place, (await ask(api, question, options)).bytes, parseHistorySizes);
    },
    pull: async (request, options) => pull(api, request, options),
    load: async (archive, options) => load(api, archive, options),
    tag: async (image, name, options) => {
      const query = nameQuery(name);
      const what = `give the name ${formatReference(name)}`;
      await ask(api, { method: 'POST', path: `/images/${image}/tag`, query, what }, options);
    },
    untag: async (name, options) => {
      const [path, query] = [`/images/${formatReference(name)}/untag`, nameQuery(name)];
      const what = `take away the name ${formatReference(name)}`;
      await ask(api, { method: 'POST', path, query, what }, options);
    },
    save: (ids, options) => save(api, ids, options),
    containers: containersOf(api),
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

/** Podman joins both parts with a colon, and so the algorithm of a digest goes with the repository. */
function nameQuery(name: Reference): [string, string][] {
  const repository = canonicalName(name);
  const [algorithm, hex = ''] = name.digest?.split(':') ?? [];
  if (algorithm !== undefined) {
    return [
      ['repo', `${repository}@${algorithm}`],
      ['tag', hex],
    ];
  }
  return [
    ['repo', repository],
    ['tag', name.tag ?? 'latest'],
  ];
}

async function inspect(
  api: Api,
  name: string,
  options: OperationOptions,
): Promise<[string, PodmanImage][]> {
  const question = { path: `/images/${name}/json`, what: `inspect ${name}` };
  const { status, bytes } = await ask(api, question, { ...options, accepts: [200, 404] });
  if (status === 404) return [];
  const image = readAnswer(api.place, bytes, parseImage);
  return isCalled(image, name) ? [[name, image]] : [];
}

/** Podman answers 200 whatever happens; a failure is the last line. */
async function pull(
  api: Api,
  { reference, platform }: PullRequest,
  options?: OperationOptions,
): Promise<void> {
  const name = formatReference(reference);
  const query: [string, string][] = [
    ['reference', name],
    ['tlsVerify', 'false'],
    ['quiet', 'true'],
  ];
  if (platform !== undefined) {
    query.push(['OS', platform.os], ['Arch', platform.architecture]);
    if (platform.variant !== undefined) query.push(['Variant', platform.variant]);
  }
  const what = 'take the image';
  const { bytes } = await ask(api, { method: 'POST', path: '/images/pull', query, what }, options);
  for (const line of bytes.toString('utf8').split('\n')) {
    if (line.trim() === '') continue;
    const error = readAnswer(
      api.place,
      Buffer.from(line),
      (value) => asObject(value, 'line')['error'],
    );
    if (typeof error === 'string' && error !== '')
      throw podmanFailure(api.place, what, new Error(error));
  }
}

async function load(api: Api, archive: Readable, options?: OperationOptions): Promise<void> {
  const question: Question = {
    method: 'POST',
    path: '/images/load',
    body: archive,
    what: 'load the image',
  };
  await watchArchive(archive, async () => ask(api, question, options));
}

async function* save(
  api: Api,
  ids: readonly string[],
  options?: OperationOptions,
): AsyncGenerator<Uint8Array, void> {
  const query: (readonly [string, string])[] = [
    ['format', 'docker-archive'],
    ...ids.map((id) => ['references', id] as const),
  ];
  const question: Question = { path: '/images/export', query, what: 'export images' };
  const { body } = await send(api, question, { ...options, accepts: [200] });
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    options?.signal?.throwIfAborted();
    throw podmanFailure(api.place, question.what, error);
  }
}
