import { AirkitError } from '../../errors.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { parseDigest, type Digest } from '../../oci/digest.ts';
import { normalizePlatform, type Platform } from '../../oci/platform.ts';
import {
  engineCall,
  engineFailure,
  statusOf,
  unlessAborted,
  type EngineSide,
} from './engine-call.ts';
import { connectDocker, type EngineConnection, type EngineLocation } from './connect.ts';

/** What decides how an engine is read and loaded. */
export interface EngineFacts {
  readonly version: string;
  /** Newest API it speaks, as [major, minor]. */
  readonly api: readonly [number, number];
  /** True for the containerd image store, false for the classic one. */
  readonly hasContainerdStore: boolean;
  readonly platform: Platform;
  /** Where it keeps everything, and the name of the machine that it runs on, as it says itself. */
  readonly rootFolder?: string | undefined;
  readonly hostname?: string | undefined;
}

/** Questions that an engine is asked at once; most of the time of each goes by on the way. */
export const QUESTIONS_AT_ONCE = 8;

/** An image of an engine, as its list shows it. */
export interface EngineImage {
  /** Config digest in the classic store; digest of manifest or index in the containerd store. */
  readonly id: Digest;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** One image, inspected. */
export interface InspectedImage {
  readonly id: Digest;
  readonly diffIds: readonly Digest[];
  readonly platform: Platform;
  /** Bytes of all layers, uncompressed. */
  readonly size: number;
}

/** A Docker engine over its API. */
export interface Engine extends EngineConnection {
  readonly facts: EngineFacts;
  readonly side: EngineSide;
  /** Of the operation that opened it. */
  readonly signal?: AbortSignal | undefined;
}

export interface EngineRequest extends EngineLocation {
  readonly side: EngineSide;
  /** Milliseconds in which it must say what it is. Default 60 000. What it then does takes as long as it takes. */
  readonly patience?: number | undefined;
}

/**
 * Connects to an engine and asks what it is.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when it does not answer, USAGE for a bad address
 */
export async function openEngine(
  { side, patience = 60_000, ...location }: EngineRequest,
  { signal }: OperationOptions = {},
): Promise<Engine> {
  const connection = await connectDocker(location);
  const late = AbortSignal.timeout(patience);
  const call = { ...connection, side, signal: AbortSignal.any(signal ? [signal, late] : [late]) };
  try {
    return { ...connection, side, signal, facts: await askFacts(call) };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    if (error === late.reason)
      throw engineFailure(call, 'reach it', new Error('it does not answer'));
    throw error;
  }
}

async function askFacts(call: Omit<Engine, 'facts'>): Promise<EngineFacts> {
  const { client } = call;
  const asked: Promise<EngineProperties> = engineCall(call, 'ask for its properties', () =>
    client.info(),
  );
  asked.catch(() => undefined); // an engine that cannot tell its version is told of by that
  const version = await engineCall(call, 'ask for its version', () => client.version());
  const info = await asked;
  const [major = 1, minor = 0] = version.ApiVersion.split('.').map(Number);
  return {
    version: version.Version,
    api: [major, minor],
    hasContainerdStore: JSON.stringify(info).includes('io.containerd.snapshotter.v1'),
    platform: normalizePlatform({ os: version.Os, architecture: version.Arch }),
    ...(typeof info.DockerRootDir === 'string' ? { rootFolder: info.DockerRootDir } : {}),
    ...(typeof info.Name === 'string' ? { hostname: info.Name } : {}),
  };
}

/** What `GET /info` tells, as far as it is read. */
interface EngineProperties {
  readonly DockerRootDir?: unknown;
  readonly Name?: unknown;
}

/** Images that have a name or a digest; without the children that only a builder knows. */
export async function listEngineImages(
  engine: Engine,
  { all = false }: { readonly all?: boolean } = {},
): Promise<EngineImage[]> {
  const found = await engineCall(engine, 'list images', () => engine.client.listImages({ all }));
  return found.map((image) => ({
    id: parseDigest(image.Id, 'image ID'),
    repoTags: (image.RepoTags ?? []).filter((tag) => !tag.includes('<none>')),
    repoDigests: (image.RepoDigests ?? []).filter((digest) => !digest.includes('<none>')),
    labels: image.Labels ?? {},
  }));
}

/** Inspects an image by name or ID; undefined when the engine has none. */
export async function inspectEngineImage(
  engine: Engine,
  name: string,
): Promise<InspectedImage | undefined> {
  try {
    const found = await unlessAborted(engine.client.getImage(name).inspect(), engine.signal);
    return {
      id: parseDigest(found.Id, 'image ID'),
      diffIds: (found.RootFS.Layers ?? []).map((layer) => parseDigest(layer, 'diff ID')),
      platform: normalizePlatform({
        os: found.Os,
        architecture: found.Architecture,
        ...('Variant' in found && typeof found.Variant === 'string'
          ? { variant: found.Variant }
          : {}),
      }),
      size: found.Size,
    };
  } catch (error) {
    engine.signal?.throwIfAborted();
    if (statusOf(error) === 404) return undefined;
    if (statusOf(error) === 400) throw refusedName(engine, name, error);
    throw engineFailure(engine, `inspect ${name}`, error);
  }
}

/** The error for a name that is legal elsewhere but not in this engine: one image's own. */
function refusedName(engine: Engine, name: string, cause: unknown): AirkitError {
  return new AirkitError(
    'REFERENCE_INVALID',
    `docker at ${engine.address} refuses the name ${name}`,
    {
      hint: 'Give the image another name with "rename".',
      context: { reference: name },
      cause,
    },
  );
}

/**
 * Streams the archive of some images, as `docker save` does. Closing the stream early ends the request.
 *
 * @throws AirkitError SOURCE_FAILED while iterated
 */
export async function* exportImages(
  engine: Engine,
  names: readonly string[],
  { signal }: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- @types/dockerode lacks getImages
  const exporter = engine.client as unknown as ImageExporter;
  const abort = signal === undefined ? {} : { abortSignal: signal };
  const body = await engineCall(engine, 'export images', () =>
    exporter.getImages({ names, ...abort }),
  );
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    signal?.throwIfAborted();
    throw engineFailure(engine, 'export images', error);
  } finally {
    body.destroy();
  }
}

/** `GET /images/get` for several names, which the type declarations of dockerode leave out. */
interface ImageExporter {
  getImages(options: {
    names: readonly string[];
    abortSignal?: AbortSignal;
  }): Promise<AsyncIterable<Uint8Array> & { destroy(): void }>;
}
