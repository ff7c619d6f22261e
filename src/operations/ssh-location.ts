import type { SourceLocation } from '../spec/source-location.ts';
import { parseSshDestination, type SshDestination } from '../transports/docker/ssh-destination.ts';

/**
 * Where `docker+ssh://[USER@]HOST[:PORT]` goes to; undefined for every other location.
 *
 * @throws AirkitError USAGE for a user or host that ssh does not take
 */
export function sshDestination({
  transport,
  user,
  host,
}: SourceLocation): SshDestination | undefined {
  if (transport !== 'docker+ssh' || host === undefined) return undefined;
  const address = `ssh://${user === undefined ? '' : `${user}@`}${host}`;
  return parseSshDestination(address, `docker+ssh://${host}`);
}
