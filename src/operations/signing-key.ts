import { readFile, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { AirkitError, isAirkitError, messageOf } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import { openExecKey } from '../signing/exec-key.ts';
import { readPrivateKey, type SigningKey } from '../signing/private-key.ts';
import { readPublicKeys } from '../signing/public-keys.ts';
import type { PublicKey } from '../signing/public-key.ts';
import { openAgentKey } from '../signing/ssh-agent.ts';
import { judgeKeys, readSmall, readTrust } from '../signing/trusted-keys.ts';
import type { KeyLocation } from '../spec/key-location.ts';
import { trustFoldersOf, type Host } from './host.ts';

const PASSWORD_VARIABLE = 'AIRKIT_KEY_PASSWORD';

export interface OpenKeyOptions extends OperationOptions {
  /** Called when the password of a key that is text or a file is known. */
  readonly onPassword?: (() => void) | undefined;
  /** File with the public key of a command that signs, absolute. Default: the trusted key that its signature fits. */
  readonly publicKey?: string | undefined;
}

/** A key that is being opened. */
export interface OpeningKey {
  readonly key: Promise<SigningKey>;
}

/**
 * Begins to open a key. Resolves when nobody needs be asked anything any more: what is left, of an encrypted key, is
 * 0.4 s of one processor (scrypt) and 128 MiB, beside which other work may go on.
 *
 * @throws AirkitError as {@link openSigningKey}; a wrong password fails `key`
 */
export async function beginOpeningKey(
  location: KeyLocation,
  host: Host,
  options: OpenKeyOptions = {},
): Promise<OpeningKey> {
  return new Promise((resolve, reject) => {
    const key = openSigningKey(location, host, { ...options, onPassword: () => resolve({ key }) });
    key.then(() => resolve({ key }), reject);
  });
}

/** Options of work that ends at once with the failure of a key, when that turns out not to open. */
export function endingWith(
  { key }: OpeningKey,
  { signal }: OperationOptions,
): { readonly signal: AbortSignal } {
  const failed = new AbortController();
  key.catch((error: unknown) => failed.abort(error));
  return { signal: AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]) };
}

/**
 * Opens the key that a bundles file, `--key` or `--exec` names. Passwords come from AIRKIT_KEY_PASSWORD or a person.
 *
 * @throws AirkitError KEY_INVALID, DISK_FAILED, USAGE when a password is needed and nobody can be asked
 */
export async function openSigningKey(
  location: KeyLocation,
  host: Host,
  options: OpenKeyOptions = {},
): Promise<SigningKey> {
  const password = async (): Promise<string> => passwordFor('Password of the signing key: ', host);
  const knownPassword = async (): Promise<string> => {
    const known = await password();
    options.onPassword?.();
    return known;
  };
  switch (location.kind) {
    case 'env':
      return readPrivateKey(readVariable(location.name, host), { password: knownPassword });
    case 'file':
      return openKeyFile(location.path, knownPassword);
    case 'agent':
      return openFromAgent(location, host, options);
    case 'exec': {
      const { environment, directory } = host;
      const { signal } = options;
      const candidates = async (): Promise<readonly PublicKey[]> => candidatesFor(host, options);
      const command = { command: location.command, environment, directory };
      return openExecKey(command, { candidates, password, signal });
    }
    default:
      return location satisfies never;
  }
}

/** @throws AirkitError USAGE when the variable is not set and nobody can be asked. */
export async function passwordFor(
  prompt: string,
  { environment, askPassword }: Host,
): Promise<string> {
  const given = environment[PASSWORD_VARIABLE];
  if (given !== undefined) return given;
  if (askPassword !== undefined) return askPassword(prompt);
  throw new AirkitError('USAGE', 'the key has a password, and there is no terminal to ask for it', {
    hint: `Set ${PASSWORD_VARIABLE}.`,
  });
}

function readVariable(name: string, { environment }: Host): string {
  const text = environment[name];
  if (text !== undefined && text !== '') return text;
  throw new AirkitError('KEY_INVALID', `the variable ${name} is not set`, {
    hint: 'It must hold the private key as PEM.',
  });
}

async function openKeyFile(path: string, password: () => Promise<string>): Promise<SigningKey> {
  try {
    const text = await readFile(path, 'utf8');
    const key = await readPrivateKey(text, { password });
    const { mode } = await stat(path);
    return (mode & OTHERS) === 0 || sep === '\\'
      ? key
      : { ...key, warnings: [readableByOthers(path)] };
  } catch (error) {
    if (isAirkitError(error)) throw error;
    throw new AirkitError('KEY_INVALID', `the key ${path} cannot be read: ${messageOf(error)}`, {
      hint: 'airkit keygen makes a pair.',
      context: { path },
      cause: error,
    });
  }
}

/** Permission bits of group and others. */
const OTHERS = 0o077;

function readableByOthers(path: string): string {
  return `the private key ${path} is open to other users of this machine: chmod 600 ${path}`;
}

async function openFromAgent(
  { selector, path }: Extract<KeyLocation, { kind: 'agent' }>,
  { environment }: Host,
  { signal }: OpenKeyOptions,
): Promise<SigningKey> {
  const socketPath = environment['SSH_AUTH_SOCK'] ?? '';
  if (socketPath === '') {
    throw new AirkitError('KEY_INVALID', 'no ssh-agent is there: SSH_AUTH_SOCK is not set', {
      hint: 'Start one and add the key: eval $(ssh-agent) && ssh-add KEY.',
    });
  }
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  const publicKey = isFile
    ? readPublicKeys(await readSmall(path, { signal }), { path })[0]
    : undefined;
  return openAgentKey({ socketPath, selector, publicKey }, { signal });
}

async function candidatesFor(
  host: Host,
  { publicKey: path, signal }: OpenKeyOptions,
): Promise<readonly PublicKey[]> {
  if (path !== undefined) return readPublicKeys(await readSmall(path, { signal }), { path });
  const folders = trustFoldersOf(host).map((folder) => ({ path: folder, optional: true }));
  return judgeKeys(await readTrust(folders, { signal }), Date.now()).trusted;
}
