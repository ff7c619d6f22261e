import { AirkitError } from '../../errors.ts';

/** Where `ssh` goes to, and which engine it finds there. */
export interface SshDestination {
  readonly user?: string | undefined;
  readonly host: string;
  readonly port?: number | undefined;
  /** Socket of the engine on that machine; by default the one that docker finds there. */
  readonly socketPath?: string | undefined;
}

/** What begins with a dash would be an option of ssh. */
const USER = /^[\w.][\w.@\\-]*$|^$/;
const HOST = /^[\w.:%][\w.:%-]*$/;

/**
 * Reads `ssh://[USER@]HOST[:PORT][/SOCKET]`, as DOCKER_HOST has it (docker/cli, cli/connhelper/ssh).
 *
 * @throws AirkitError USAGE; its text has no part of a password
 */
export function parseSshDestination(text: string, where: string): SshDestination {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || `${url.search}${url.hash}` !== '')
    throw bad(where, 'is no address of the form ssh://[USER@]HOST[:PORT]');
  if (url.password !== '') throw bad(where, 'holds a password, which ssh does not take');
  const user = decoded(url.username);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (user === undefined || !USER.test(user) || !HOST.test(host))
    throw bad(where, 'has a user or host that ssh does not take');
  return {
    host,
    ...(user === '' ? {} : { user }),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.pathname === '' || url.pathname === '/' ? {} : { socketPath: url.pathname }),
  };
}

/** Undefined for a percent sign that stands for nothing. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function bad(where: string, what: string): AirkitError {
  return new AirkitError('USAGE', `${where}: the ssh address ${what}`, {
    hint: 'Write ssh://ops@build7; keys and passwords belong to ssh, its agent and ~/.ssh/config.',
  });
}
