import { DEFAULT_REGISTRY } from '../../oci/reference.ts';

/** The key of Docker Hub in docker's config and credential stores. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS = new Set([DEFAULT_REGISTRY, 'index.docker.io', 'registry-1.docker.io']);

/** Names under which files keep the credential of a host. */
export function hostKeys(host: string): string[] {
  return HUB_HOSTS.has(host) ? [HUB_KEY, ...HUB_HOSTS] : [host];
}

/** What a credential helper is asked for. */
export function serverName(host: string): string {
  return HUB_HOSTS.has(host) ? HUB_KEY : host;
}

/**
 * Names of credentials for less than a host: `HOST/a/b`, `HOST/a` for the repository `a/b`, the longest first
 * (containers-auth.json(5)).
 */
export function narrowKeys({
  host,
  repository = '',
}: {
  readonly host: string;
  readonly repository?: string | undefined;
}): string[] {
  const parts = repository.split('/').filter((part) => part !== '');
  const hosts = HUB_HOSTS.has(host) ? [...HUB_HOSTS] : [host];
  return parts.flatMap((_, dropped) => {
    const path = parts.slice(0, parts.length - dropped).join('/');
    return hosts.map((name) => `${name}/${path}`);
  });
}

/** Docker Desktop keeps these beside the login of Docker Hub; they are none for a registry. */
const NO_LOGIN = /\/(?:access|refresh)-token$/;

/**
 * The host that a key of auths stands for. Old clients wrote addresses, `https://HOST/v1/`, of which only the host
 * counts; what has a path without a scheme is for less than the host.
 */
export function hostOfKey(key: string): string {
  if (NO_LOGIN.test(key)) return '';
  const bare = key.replace(/^https?:\/\//, '');
  return bare.replace(bare === key ? /\/(?:v[12]\/?)?$/ : /\/.*$/s, '');
}
