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
import type { Environment } from './access.ts';
import { askHelper } from './ask-credential-store.ts';
import { hostKeys, hostOfKey, narrowKeys, serverName } from './credential-keys.ts';

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

/** Whose credential is looked for. */
export interface CredentialQuestion {
  readonly host: string;
  /** A narrower credential for it, or a part of its path, comes before the host's. */
  readonly repository?: string | undefined;
  readonly environment: Environment;
  /** Asks a credential helper. Default {@link askHelper}. */
  readonly ask?: typeof askHelper | undefined;
}

/**
 * The credential for a repository: `$REGISTRY_AUTH_FILE`, docker's `config.json`, podman's `auth.json` files; the first
 * that knows the host or a part of the repository's path. In each file the host's own helper comes first, then the
 * longest path in auths, credsStore, and the host in auths (containers-auth.json(5), docker cli configfile).
 *
 * @throws AirkitError USAGE for a file that cannot be read
 */
export async function findCredential(
  question: CredentialQuestion,
  options: OperationOptions = {},
): Promise<FoundCredential> {
  let problem: string | undefined;
  for (const path of credentialFiles(question.environment)) {
    const config = await readConfig(path);
    if (config === undefined) continue;
    const found = await findInConfig({ ...question, config, path }, options);
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
  const personal = at('XDG_CONFIG_HOME', 'containers', 'auth.json');
  return [
    ...at('REGISTRY_AUTH_FILE'),
    ...(docker.length > 0 ? docker : at('HOME', '.docker', 'config.json')),
    ...at('XDG_RUNTIME_DIR', 'containers', 'auth.json'),
    ...(personal.length > 0 ? personal : at('HOME', '.config', 'containers', 'auth.json')),
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

interface Lookup extends CredentialQuestion {
  readonly config: JsonObject;
  readonly path: string;
}

async function findInConfig(lookup: Lookup, options: OperationOptions): Promise<FoundCredential> {
  const { host, path, environment, ask = askHelper } = lookup;
  const own = ownHelper(lookup);
  const narrow = own === undefined ? findInAuths(lookup, narrowKeys(lookup)) : undefined;
  if (narrow !== undefined) return { credential: narrow };
  const helper = own ?? readHelper(lookup, lookup.config['credsStore']);
  const kept = (): Credential | undefined =>
    findInAuths(lookup, [...narrowKeys(lookup), ...hostKeys(host)]);
  if (helper === undefined) return { credential: kept() };
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) throw badFile(path, 'a credential helper has an odd name');
  const found = await ask({ helper, server: serverName(host), environment }, options);
  if (found.credential !== undefined) return found;
  const credential = kept();
  return credential === undefined ? found : { credential };
}

function ownHelper(lookup: Lookup): string | undefined {
  const helpers = asObject(lookup.config['credHelpers'] ?? {}, lookup.path);
  const key = hostKeys(lookup.host).find((name) => Object.hasOwn(helpers, name));
  return key === undefined ? undefined : readHelper(lookup, helpers[key]);
}

function readHelper({ path }: Lookup, helper: JsonValue | undefined): string | undefined {
  if (helper === undefined || helper === null || helper === '') return undefined;
  return asString(helper, `${path}: a credential helper`);
}

function findInAuths({ config, path }: Lookup, keys: readonly string[]): Credential | undefined {
  const auths = asObject(config['auths'] ?? {}, path);
  const key =
    keys.find((name) => Object.hasOwn(auths, name)) ??
    Object.keys(auths).find((name) => keys.includes(hostOfKey(name)));
  return key === undefined ? undefined : parseAuth(auths[key], `${path}: an entry of auths`);
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
