import { Buffer } from 'node:buffer';
import { createHmac, randomBytes } from 'node:crypto';
import { compare } from 'bcryptjs';
import pLimit from 'p-limit';
import { AirkitError } from '../errors.ts';

/** True for a user name and password that may come in; takes the value of an Authorization header. */
export type Authenticator = (authorization: string | undefined) => Promise<boolean>;

/** bcrypt, as `htpasswd -B` writes it: version, cost, 22 digits of salt and 31 of hash. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** One check of a higher cost takes longer than clients wait. */
const MAX_COST = 14;
const MAX_ENTRIES = 100_000;
/** Checks at once: each takes the time of a whole processor. */
const CONCURRENT_CHECKS = 2;
/** Salt and hash of nobody: compared against for users that do not exist, so that they take as long as others. */
const NOBODY = 'abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK';

/**
 * Reads an htpasswd file: lines of `USER:HASH`, where only bcrypt is taken (`htpasswd -B`, as the distribution registry
 * demands it). Empty lines and those that begin with # are left out.
 *
 * @param path for messages
 * @returns hashes by user
 * @throws AirkitError USAGE with the line, never with its hash
 */
export function parseHtpasswd(text: string, path: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [position, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const at = { path, line: position + 1 };
    const colon = line.indexOf(':');
    if (colon < 1) throw badLine(at, 'it is not USER:HASH');
    const [user, hash] = [line.slice(0, colon), line.slice(colon + 1)];
    const cost = BCRYPT.exec(hash)?.[1];
    if (cost === undefined) throw badLine(at, `the password of ${user} is not hashed with bcrypt`);
    if (Number(cost) < 4 || Number(cost) > MAX_COST)
      throw badLine(at, `the bcrypt cost of ${user} is not between 4 and ${MAX_COST}`);
    if (users.has(user)) throw badLine(at, `${user} stands there twice`);
    users.set(user, hash);
    if (users.size > MAX_ENTRIES) throw badLine(at, `more than ${MAX_ENTRIES} users`);
  }
  if (users.size > 0) return users;
  throw new AirkitError('USAGE', `${path}: it names no user`, { hint: HINT, context: { path } });
}

const HINT = 'Make it with: htpasswd -nbB USER PASSWORD';

/**
 * Checks HTTP Basic credentials (RFC 7617). A pair that was right once is known again by a keyed hash, so that hundreds
 * of requests do not compute bcrypt hundreds of times.
 */
export function createAuthenticator(users: ReadonlyMap<string, string>): Authenticator {
  const limit = pLimit(CONCURRENT_CHECKS);
  const key = randomBytes(32);
  const good = new Set<string>();
  const cost = [...users.values()][0]?.slice(0, '$2y$10$'.length) ?? '$2y$10$';
  return async (authorization) => {
    const given = parseBasic(authorization);
    if (given === undefined) return false;
    const pair = createHmac('sha256', key).update(`${given.user}\0${given.password}`).digest('hex');
    if (good.has(pair)) return true;
    const hash = users.get(given.user);
    const isEqual = await limit(async () => compare(given.password, hash ?? `${cost}${NOBODY}`));
    if (!isEqual || hash === undefined) return false;
    if (good.size < MAX_ENTRIES) good.add(pair);
    return true;
  };
}

function parseBasic(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function badLine({ path, line }: { path: string; line: number }, why: string): AirkitError {
  return new AirkitError('USAGE', `${path}:${line}: ${why}`, {
    hint: HINT,
    context: { path, line },
  });
}
