import { formatPlatform, parsePlatformFields } from '../../oci/platform.ts';
import { asArray, asObject, type JsonValue } from '../../oci/json.ts';
import type { GraphManifest } from '../../oci/image-graph.ts';
import { engineCall, type Engine } from './engine.ts';

interface DialOptions {
  /** Ends in a question mark where options make a query (docker-modem). */
  readonly path: string;
  readonly options: Readonly<Record<string, string>>;
  readonly method: 'GET';
  readonly statusCodes: Readonly<Record<number, true | string>>;
}

/**
 * True when the containerd store holds every blob of a manifest (`GET /images/NAME/json?manifests=1`, API 1.48).
 *
 * @throws AirkitError TARGET_FAILED
 */
export async function isCompleteInStore(
  engine: Engine,
  name: string,
  manifest: GraphManifest,
): Promise<boolean> {
  const found = await engineCall(engine, `inspect ${name}`, async () =>
    dial(engine, {
      path: `/images/${name}/json?`,
      options: { manifests: '1' },
      method: 'GET',
      statusCodes: { 200: true, 404: 'no such image' },
    }),
  );
  const manifests = asArray(asObject(found, name)['Manifests'] ?? [], name);
  const own = manifests
    .map((one) => asObject(one, name))
    .find((one) => describes(one['Descriptor'], manifest));
  return own?.['Available'] === true;
}

function describes(value: JsonValue | undefined, manifest: GraphManifest): boolean {
  const descriptor = asObject(value, 'Descriptor');
  if (descriptor['digest'] === manifest.descriptor.digest) return true;
  const { platform } = descriptor;
  if (platform === undefined || platform === null) return false;
  return (
    formatPlatform(parsePlatformFields(platform, 'platform')) === formatPlatform(manifest.platform)
  );
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
