import type { Host } from './host.ts';
import { parseTarget, type OpenTarget } from './open-target.ts';
import type { ReceiptTarget } from './receipt.ts';

/** Variables that say which engine a target's name means. */
const ADDRESS_VARIABLES = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'CONTAINER_HOST',
  'CONTAINERD_ADDRESS',
  'CONTAINERD_NAMESPACE',
] as const;

/** A target and how it was named. */
export interface TargetPlace extends OpenTarget {
  /** As `--to` named it. */
  readonly text: string;
}

/** What a receipt must know to find a target again. */
export function recordTarget(
  host: Host,
  { text, scoped, sparseIndex }: TargetPlace,
): ReceiptTarget {
  const addresses = ADDRESS_VARIABLES.flatMap((name) => {
    const value = host.environment[name];
    return value === undefined || value === '' ? [] : [[name, withoutUserInfo(value)] as const];
  });
  return {
    target: text,
    directory: host.directory,
    environment: Object.fromEntries(addresses),
    ...(scoped === undefined ? {} : { scoped }),
    ...(sparseIndex === undefined ? {} : { sparseIndex }),
  };
}

/**
 * The target of a receipt, and a host that sees it where the receipt's load saw it. Certificates, and a password in an
 * address, are those of today.
 *
 * @throws AirkitError USAGE, UNSUPPORTED
 */
export function recalledTarget(
  host: Host,
  { target, directory, environment, scoped, sparseIndex }: ReceiptTarget,
): { readonly host: Host; readonly place: TargetPlace } {
  const recalled = Object.fromEntries(
    ADDRESS_VARIABLES.map((name) => {
      const today = host.environment[name];
      const isSame = today !== undefined && withoutUserInfo(today) === environment[name];
      return [name, isSame ? today : environment[name]] as const;
    }),
  );
  const there = { ...host, directory, environment: { ...host.environment, ...recalled } };
  return {
    host: there,
    place: { text: target, location: parseTarget(there, target), scoped, sparseIndex },
  };
}

/** Receipts are read by many: a user or password in an address does not belong there. */
function withoutUserInfo(address: string): string {
  return address.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
}
