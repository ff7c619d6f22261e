import type { OperationOptions } from '../../content/operation.ts';
import type { Environment } from './access.ts';
import { askHelper, type HelperQuestion } from './ask-credential-store.ts';
import { findCredential, type Credential, type FoundCredential } from './credentials.ts';
import { addSecret, type Secrets } from './redact.ts';
import type { Token } from './token.ts';

/** Credentials of one endpoint, each looked for once. */
export interface CredentialMemory {
  /** By repository; `''` for the endpoint itself. */
  readonly found: Map<string, Promise<FoundCredential>>;
  /** Answers of helpers, by helper and server. */
  readonly answers: Map<string, Promise<FoundCredential>>;
  /** Newer refresh tokens, by the one that is kept: some servers hand out each for one use. */
  readonly refreshTokens: Map<string, string>;
  /** Why one that is kept could not be read. */
  problem?: string | undefined;
  /** True when there was one for the last who asked. */
  isFound?: boolean | undefined;
}

interface Holder {
  readonly endpoint: { readonly host: string };
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly credentials: CredentialMemory;
}

export function newCredentialMemory(): CredentialMemory {
  return { found: new Map(), answers: new Map(), refreshTokens: new Map() };
}

/**
 * The credential for a repository of an endpoint, with the newest refresh token; its secrets are hidden from then on.
 *
 * @throws AirkitError USAGE for files that cannot be read; the signal's reason
 */
export async function credentialFor(
  holder: Holder,
  repository: string | undefined,
  options: OperationOptions,
): Promise<Credential | undefined> {
  const { credential, problem } = await lookUp(holder, repository, options);
  const { secrets, credentials } = holder;
  credentials.problem = problem;
  credentials.isFound = credential !== undefined;
  if (credential === undefined) return undefined;
  const { password, identityToken: kept = '', registryToken } = credential;
  for (const secret of [password, kept, registryToken]) addSecret(secrets, secret);
  const newest = credentials.refreshTokens.get(kept);
  return newest === undefined ? credential : { ...credential, identityToken: newest };
}

/** Remembers the refresh token that came with a token. */
export async function keepRefreshToken(
  holder: Holder,
  repository: string | undefined,
  { refreshToken }: Token,
): Promise<void> {
  const { credential } = await lookUp(holder, repository, {});
  if (refreshToken === undefined || credential?.identityToken === undefined) return;
  addSecret(holder.secrets, refreshToken);
  holder.credentials.refreshTokens.set(credential.identityToken, refreshToken);
}

async function lookUp(
  { endpoint: { host }, environment, credentials }: Holder,
  repository: string | undefined,
  options: OperationOptions,
): Promise<FoundCredential> {
  const ask = async (question: HelperQuestion, call?: OperationOptions): Promise<FoundCredential> =>
    once(credentials.answers, `${question.helper} ${question.server}`, async () =>
      askHelper(question, call),
    );
  return once(credentials.found, repository ?? '', async () =>
    findCredential({ host, repository, environment, ask }, options),
  );
}

/** Runs a call once for a key; one that failed is forgotten. */
async function once<T>(
  known: Map<string, Promise<T>>,
  key: string,
  call: () => Promise<T>,
): Promise<T> {
  const result = known.get(key) ?? call();
  known.set(key, result);
  try {
    return await result;
  } catch (error) {
    if (known.get(key) === result) known.delete(key);
    throw error;
  }
}
