import { spawn } from 'node:child_process';
import { collectBytes } from '../../content/read-document.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { asString, parseJsonObject } from '../../oci/json.ts';
import type { Environment } from './access.ts';
import type { Credential, FoundCredential } from './credentials.ts';
import { codeOf } from './retry.ts';

export interface HelperQuestion {
  /** X of `docker-credential-X`. */
  readonly helper: string;
  readonly server: string;
  /** The helper's own: PATH, HOME and what its keychain needs. */
  readonly environment: Environment;
}

const MAX_ANSWER = 64 * 1024;
const LONGEST_ANSWER = 60_000;
/** This user name says that the secret is a refresh token (docker cli credentials/native_store.go). */
const TOKEN_USER = '<token>';

/**
 * Runs `docker-credential-X get` with the server on its stdin. A helper that is missing or fails is a problem to tell,
 * not a failure: many registries need no login.
 *
 * @throws the signal's reason
 */
export async function askHelper(
  { helper, server, environment }: HelperQuestion,
  { signal }: OperationOptions = {},
): Promise<FoundCredential> {
  const name = `docker-credential-${helper}`;
  try {
    const { code, output } = await runHelper({ name, server, environment }, signal);
    if (code === 0) return { credential: parseAnswer(output, name) };
    const isUnknown = output.toString('utf8').includes('credentials not found');
    return isUnknown ? {} : { problem: `${name} failed with exit code ${code}` };
  } catch (error) {
    signal?.throwIfAborted();
    if (codeOf(error) === 'ENOENT') return { problem: `${name} is not installed` };
    return { problem: `${name} gave no usable answer` };
  }
}

async function runHelper(
  { name, server, environment }: { name: string; server: string; environment: Environment },
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: Buffer }> {
  const timeout = AbortSignal.timeout(LONGEST_ANSWER);
  const child = spawn(name, ['get'], {
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined); // a helper may end without reading; its exit code tells
  child.stdin.end(server);
  const [code, output] = await Promise.all([closed, collectBytes(child.stdout, MAX_ANSWER)]);
  return { code, output };
}

function parseAnswer(output: Buffer, name: string): Credential | undefined {
  const answer = parseJsonObject(output, { where: name });
  const username = asString(answer['Username'] ?? '', name);
  const secret = asString(answer['Secret'] ?? '', name);
  if (secret === '') return undefined;
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret };
}
