import { AirkitError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import {
  isLoopbackAddress,
  isWildcard,
  formatAddress,
  parseListenAddress,
} from '../serving/listen-address.ts';
import { mirrorConfig, needsMirror, type MirrorEngine } from '../serving/mirror-config.ts';
import type { Mirror, MirrorConfig } from '../serving/mirrors/mirror.ts';
import { bareHost, isLoopback } from '../transports/registry/proxy.ts';
import type { Host } from './host.ts';
import type { TrustOptions } from './judge-kit.ts';
import type { LoadOptions, LoadReport } from './load.ts';
import type { OpenKitOptions } from './open-kit.ts';
import { parseTarget } from './open-target.ts';
import { readRegistrySettings } from './registry-settings.ts';
import { requireVerified } from './require-verified.ts';
import { DEFAULT_LISTEN, type ServeChoices } from './serve-settings.ts';

/**
 * The files with which nodes pull a kit's images, under their original names, through `serve`. The kit is verified as
 * for a load; nothing listens.
 *
 * @throws AirkitError VERIFICATION_FAILED, DISK_FAILED; USAGE for an address that nodes cannot connect to
 */
export async function serveMirrorConfig(
  host: Host,
  path: string,
  options: OpenKitOptions & TrustOptions & ServeChoices & { readonly engine: MirrorEngine },
): Promise<MirrorConfig> {
  const listen = parseListenAddress(options.listen ?? DEFAULT_LISTEN);
  const address = formatAddress(listen);
  if (isWildcard(listen) || listen.port === 0) {
    throw new AirkitError('USAGE', `--listen ${address}: nodes cannot connect to that`, {
      hint: 'For --mirror-config, name the address that nodes use, such as --listen 10.0.0.5:5000.',
    });
  }
  const { index } = await requireVerified(host, path, options);
  const tls = options.tlsCert !== undefined;
  const config = mirrorConfig(options.engine, registriesOf(index.images), {
    address,
    tls,
    naming: 'any',
  });
  const local = `${address} is reached from this machine alone: for other nodes, name its address with --listen.`;
  return isLoopbackAddress(listen) ? { ...config, notes: [...config.notes, local] } : config;
}

/**
 * The registry that `load --to` fills, as a mirror of the original names.
 *
 * @throws AirkitError USAGE when the targets have no registry, or several; SPEC_INVALID for registries.yaml
 */
export async function targetMirror(
  host: Host,
  { to = 'docker', scoped = false }: Pick<LoadOptions, 'to' | 'scoped'>,
): Promise<Mirror> {
  const targets = typeof to === 'string' ? [to] : to;
  const locations = targets.map((text) => parseTarget(host, text));
  const [registry, ...more] = locations.filter((one) => one.transport === 'registry');
  if (registry === undefined || more.length > 0) {
    const what = registry === undefined ? 'no registry' : 'more than one registry';
    throw new AirkitError('USAGE', `--mirror-config: ${targets.join(', ')}: ${what} to pull from`, {
      hint: 'Use it with one --to registry://HOST[/PREFIX], or with airkit serve.',
    });
  }
  const { host: address, prefix } = registry;
  const { plainHttp } = (await readRegistrySettings(host))[address] ?? {};
  // As the load itself speaks to it.
  const tls = plainHttp !== true && !isLoopback(bareHost(new URL(`http://${address}`).hostname));
  return { address, tls, naming: scoped ? 'scoped' : 'plain', prefix };
}

/** The files with which nodes pull what a load brought into its registry; none, and why, where there is nothing to write. */
export function loadedMirrorConfig(
  engine: MirrorEngine,
  { results }: Pick<LoadReport, 'results'>,
  mirror: Mirror,
): MirrorConfig {
  const there = results.filter(
    ({ target, status }) => target.startsWith('registry://') && status !== 'failed',
  );
  const hosts = registriesOf(there);
  if (there.length === 0)
    return { files: [], notes: [`${mirror.address} has no image of this kit to pull`] };
  if (!needsMirror(hosts, mirror))
    return { files: [], notes: [`all images are named after ${mirror.address} already`] };
  return mirrorConfig(engine, hosts, mirror);
}

function registriesOf(images: readonly { readonly reference: string }[]): string[] {
  return images.map(({ reference }) => parseReference(reference).registry);
}
