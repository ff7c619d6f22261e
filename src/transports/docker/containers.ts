import type {
  ContainerEngine,
  InspectedContainer,
  ListedContainer,
} from '../../content/container.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { parseContainer, parseListedContainer } from '../../content/parse-container.ts';
import { by } from '../../oci/compare.ts';
import { asArray, parseJson, type JsonValue } from '../../oci/json.ts';
import type { EngineLocation } from './connect.ts';
import { engineCall, engineFailure } from './engine-call.ts';
import { inspectEngineImage, openEngine, type Engine } from './engine.ts';

/**
 * The containers of a Docker engine.
 *
 * @throws AirkitError SOURCE_FAILED when the engine does not answer
 */
export async function openDockerContainers(
  location: EngineLocation,
  options: OperationOptions = {},
): Promise<ContainerEngine> {
  const engine = await openEngine({ ...location, side: 'source' }, options);
  return {
    list: async () => listContainers(engine),
    inspect: async (id) => inspectContainer(engine, id),
    export: (id, call) => exportContainer(engine, id, call),
    [Symbol.asyncDispose]: async () => engine[Symbol.asyncDispose](),
  };
}

async function listContainers(engine: Engine): Promise<ListedContainer[]> {
  const what = 'list containers';
  const answer = await engineCall(engine, what, () => engine.client.listContainers({ all: true }));
  const found = reading(engine, what, () => asArray(plain(answer), what).map(parseListedContainer));
  return found.toSorted(by(({ name }) => name));
}

/** `size`, which the type declarations of dockerode leave out. */
const WITH_SIZES: { readonly size: boolean; readonly abortSignal?: AbortSignal } = { size: true };

/** An image that was removed by force leaves its containers; those run as the engine does. */
async function inspectContainer(engine: Engine, id: string): Promise<InspectedContainer> {
  const what = `inspect container ${id.slice(0, 12)}`;
  const answer = await engineCall(engine, what, () =>
    engine.client.getContainer(id).inspect(WITH_SIZES),
  );
  const { image, ...found } = reading(engine, what, () => parseContainer(plain(answer)));
  const inspected = await inspectEngineImage(engine, image);
  return { ...found, platform: inspected?.platform ?? engine.facts.platform };
}

/** `GET /containers/ID/export`, as `docker export` asks. */
async function* exportContainer(
  engine: Engine,
  id: string,
  { signal }: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const what = `export container ${id.slice(0, 12)}`;
  const request = signal === undefined ? {} : { abortSignal: signal };
  const body = await engineCall(engine, what, () => engine.client.getContainer(id).export(request));
  try {
    for await (const chunk of body) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (error) {
    signal?.throwIfAborted();
    throw engineFailure(engine, what, error);
  } finally {
    if ('destroy' in body && typeof body.destroy === 'function') body.destroy();
  }
}

/** An answer of the client as plain JSON: its declarations promise more than engines keep. */
function plain(answer: unknown): JsonValue {
  return parseJson(Buffer.from(JSON.stringify(answer)), {
    where: 'its answer',
    maxBytes: MAX_ANSWER_BYTES,
  });
}

/** Lists of thousands of containers are this large, in bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

function reading<T>(engine: Engine, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw engineFailure(engine, what, error);
  }
}
