import { asArray, asObject, type JsonValue } from '../../oci/json.ts';
import { type Engine } from './engine.ts';
import { engineCall } from './engine-call.ts';

/** A manifest of an image in the containerd store. */
export interface StoredManifest {
  readonly digest: string;
  /** True when the store holds every blob of it. */
  readonly isAvailable: boolean;
}

/** The first API that tells which manifests of an image are complete (moby API 1.48). */
const FIRST_MINOR = 48;

/** True for engines that {@link storedManifests} can ask. */
export function tellsManifests({ facts }: Engine): boolean {
  const [major, minor] = facts.api;
  return facts.hasContainerdStore && (major > 1 || minor >= FIRST_MINOR);
}

/**
 * Asks the containerd store about the manifests of an image (`GET /images/NAME/json?manifests=1`).
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED
 */
export async function storedManifests(engine: Engine, name: string): Promise<StoredManifest[]> {
  const found = await engineCall(engine, `inspect ${name}`, async () =>
    dial(engine, {
      path: `/images/${name}/json?`,
      options: { manifests: '1' },
      method: 'GET',
      statusCodes: { 200: true, 404: 'no such image' },
    }),
  );
  return asArray(asObject(found, name)['Manifests'] ?? [], name).map((one) => {
    const manifest = asObject(one, name);
    const { digest } = asObject(manifest['Descriptor'], name);
    return {
      digest: typeof digest === 'string' ? digest : '',
      isAvailable: manifest['Available'] === true,
    };
  });
}

interface DialOptions {
  /** Ends in a question mark where options make a query (docker-modem). */
  readonly path: string;
  readonly options: Readonly<Record<string, string>>;
  readonly method: 'GET';
  readonly statusCodes: Readonly<Record<number, true | string>>;
}

async function dial(engine: Engine, options: DialOptions): Promise<JsonValue> {
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- @types/dockerode does not describe the modem
    const modem = engine.client.modem as Modem;
    modem.dial(options, (error, value) => {
      if (error instanceof Error) reject(error);
      else resolve(value);
    });
  });
}

interface Modem {
  dial(options: DialOptions, done: (error: unknown, value: JsonValue) => void): void;
}
