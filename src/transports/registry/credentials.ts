import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../content/file-bytes.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { AirkitError, messageOf } from '../../errors.ts';
import {
  asObject,
  asString,
  parseJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../oci/json.ts';
import { DEFAULT_REGISTRY } from '../../oci/reference.ts';
import type { Environment } from './access.ts';
import { askHelper } from './ask-credential-store.ts';

/** What logs in at a registry. */
export interface Credential {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Refresh token for the token server. */
  readonly identityToken?: string | undefined;
  /** Bearer token for the registry itself. */
  readonly registryToken?: string | undefined;
}

export interface FoundCredential {
  readonly credential?: Credential | undefined;
  /** Why none could be read where one is kept. */
  readonly problem?: string | undefined;
}

/** The key of Docker Hub in docker's config and credential stores. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS = new Set([DEFAULT_REGISTRY, 'index.docker.io', 'registry-1.docker.io']);

/**
 * The credential for a host: `$REGISTRY_AUTH_FILE`, docker's `config.json`, podman's `auth.json`; the first that knows
 * the host. In each file credHelpers come before credsStore before auths.
 *
 * @throws AirkitError USAGE for a file that cannot be read
 */
export async function findCredential(
  host: string,
  environment: Environment,
  options: OperationOptions = {},
): Promise<FoundCredential> {
  let problem: string | undefined;
  for (const path of credentialFiles(environment)) {
    const config = await readConfig(path);
    if (config === undefined) continue;
    const found = await findInConfig({ config, host, path, environment }, options);
    if (found.credential !== undefined) return found;
    problem ??= found.problem;
  }
  return { problem };
}

function credentialFiles(environment: Environment): string[] {
  const at = (variable: string, ...rest: string[]): string[] => {
    const value = environment[variable] ?? '';
    return value === '' ? [] : [join(value, ...rest)];
  };
  const docker = at('DOCKER_CONFIG', 'config.json');
  return [
    ...at('REGISTRY_AUTH_FILE'),
    ...(docker.length > 0 ? docker : at('HOME', '.docker', 'config.json')),
    ...at('XDG_RUNTIME_DIR', 'containers', 'auth.json'),
  ];
}

/** Parse errors are not kept as causes: their messages quote the file. */
async function readConfig(path: string): Promise<JsonObject | undefined> {
  try {
    return parseJsonObject(await readFile(path), { where: path });
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw badFile(path, messageOf(error));
  }
}

interface Lookup {
  readonly config: JsonObject;
  readonly host: string;
  readonly path: string;
  readonly environment: Environment;
}

async function findInConfig(lookup: Lookup, options: OperationOptions): Promise<FoundCredential> {
  const { config, host, path, environment } = lookup;
  const helper = helperFor(lookup);
  if (helper === undefined) return { credential: findInAuths(lookup) };
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) throw badFile(path, 'a credential helper has an odd name');
  const server = HUB_HOSTS.has(host) ? HUB_KEY : host;
  const found = await askHelper({ helper, server, environment }, options);
  if (found.credential !== undefined) return found;
  const credential = findInAuths({ ...lookup, config });
  return credential === undefined ? found : { credential };
}

function helperFor({ config, host, path }: Lookup): string | undefined {
  const helpers = asObject(config['credHelpers'] ?? {}, path);
  const key = keysOf(host).find((name) => Object.hasOwn(helpers, name));
  const helper = (key === undefined ? undefined : helpers[key]) ?? config['credsStore'];
  if (helper === undefined || helper === null || helper === '') return undefined;
  return asString(helper, `${path}: a credential helper`);
}

function findInAuths({ config, host, path }: Lookup): Credential | undefined {
  const auths = asObject(config['auths'] ?? {}, path);
  const wanted = new Set(keysOf(host));
  const key =
    keysOf(host).find((name) => Object.hasOwn(auths, name)) ??
    Object.keys(auths).find((name) => wanted.has(hostOfKey(name)));
  return key === undefined ? undefined : parseAuth(auths[key], `${path}: an entry of auths`);
}

function keysOf(host: string): string[] {
  return HUB_HOSTS.has(host) ? [HUB_KEY, ...HUB_HOSTS] : [host];
}

/** Old clients wrote addresses: `https://HOST/v1/`. */
function hostOfKey(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '');
}

/** An entry without content is what docker leaves behind when a store keeps the credential. */
function parseAuth(value: JsonValue | undefined, where: string): Credential | undefined {
  const entry = asObject(value ?? {}, where);
  const read = (name: string): string | undefined => {
    const text = entry[name] ?? '';
    return text === '' ? undefined : asString(text, where);
  };
  const auth = read('auth');
  const [, username, password] = /^([^:]*):([^]*)$/.exec(decode(auth)) ?? [];
  const credential: Credential = {
    username: username ?? read('username'),
    // Some stores pad the password with NUL (docker cli configfile.go).
    password: (password ?? read('password'))?.replace(/\0+$/, ''),
    identityToken: read('identitytoken'),
    registryToken: read('registrytoken'),
  };
  return Object.values(credential).some((part) => part !== undefined && part !== '')
    ? credential
    : undefined;
}

function decode(auth: string | undefined): string {
  return auth === undefined ? '' : Buffer.from(auth, 'base64').toString('utf8');
}

function badFile(path: string, why: string): AirkitError {
  return new AirkitError('USAGE', `${path}: the credentials cannot be read: ${why}`, {
    hint: 'docker login and podman login write this file.',
    context: { path },
  });
}
