import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError, messageOf } from '../../errors.ts';
import { asObject, asString, parseJsonObject, type JsonObject } from '../../oci/json.ts';
import { readCertificates, type Certificates } from './engine-certificates.ts';

/** The engine of a docker context. */
export interface ContextEndpoint {
  readonly name: string;
  readonly host: string;
  readonly certificates: Certificates;
  readonly skipsVerify: boolean;
}

/** Documents of docker's client are small; larger ones are refused, in bytes. */
const MAX_BYTES = 1024 * 1024;

/**
 * The context that docker's own client would use: `DOCKER_CONTEXT`, else `currentContext` of config.json. Contexts lie
 * in `contexts/meta/SHA256-OF-NAME/meta.json` (docker/cli, cli/context/store).
 *
 * @returns undefined for the context `default`, which means the environment and the local socket
 * @throws AirkitError USAGE for a context that is not there or cannot be read
 */
export async function chosenContext(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ContextEndpoint | undefined> {
  const folder = configFolder(environment);
  if (folder === undefined) return undefined;
  const named = environment['DOCKER_CONTEXT'] ?? '';
  const name = named === '' ? await currentContext(join(folder, 'config.json')) : named;
  return name === undefined || name === 'default' ? undefined : readContext(folder, name);
}

function configFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = environment['DOCKER_CONFIG'] ?? '';
  if (own !== '') return own;
  const home = environment['HOME'] ?? '';
  return home === '' ? undefined : join(home, '.docker');
}

/** A config.json that cannot be read says nothing about contexts, as for docker itself. */
async function currentContext(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  return parseDocument(bytes, path, ({ currentContext: name }) =>
    typeof name === 'string' && name !== '' ? name : undefined,
  );
}

async function readContext(folder: string, name: string): Promise<ContextEndpoint> {
  const id = createHash('sha256').update(name).digest('hex');
  const path = join(folder, 'contexts', 'meta', id, 'meta.json');
  const where = `docker context ${JSON.stringify(name)}`;
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new AirkitError('USAGE', `${where}: ${messageOf(error)}`, {
      hint: 'docker context ls lists the contexts; DOCKER_HOST names an engine without one.',
      context: { path },
      cause: error,
    });
  });
  const endpoint = parseDocument(bytes, path, ({ Endpoints }) => {
    const all = asObject(Endpoints, `${path}: Endpoints`);
    const { Host, SkipTLSVerify } = asObject(all['docker'], `${path}: Endpoints.docker`);
    const host = asString(Host, `${path}: Endpoints.docker.Host`);
    return { host, skipsVerify: SkipTLSVerify === true };
  });
  const certificates = join(folder, 'contexts', 'tls', id, 'docker');
  return {
    name: JSON.stringify(name),
    ...endpoint,
    certificates: await readCertificates(certificates, { where, optional: true }),
  };
}

function parseDocument<T>(bytes: Uint8Array, path: string, read: (document: JsonObject) => T): T {
  try {
    return read(parseJsonObject(bytes, { where: path, maxBytes: MAX_BYTES }));
  } catch (error) {
    throw new AirkitError('USAGE', messageOf(error), {
      hint: "It is a file of docker's own client: mend it, or set DOCKER_HOST.",
      context: { path },
      cause: error,
    });
  }
}
