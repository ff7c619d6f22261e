import { AirkitError } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { BundleIndex } from '../archive/bundle-index.ts';
import { parseReference } from '../oci/reference.ts';
import {
  isLoopbackAddress,
  isWildcard,
  formatAddress,
  parseListenAddress,
} from '../serving/listen-address.ts';
import { mirrorConfig, type MirrorEngine } from '../serving/mirror-config.ts';
import type { Mirror, MirrorConfig } from '../serving/mirrors/mirror.ts';
import type { Host } from './host.ts';
import type { TrustOptions } from './judge-kit.ts';
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
  options: OperationOptions & TrustOptions & ServeChoices & { readonly engine: MirrorEngine },
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

/** The same for a registry that images of a kit were loaded into. */
export function targetMirrorConfig(
  engine: MirrorEngine,
  images: readonly Pick<BundleIndex['images'][number], 'reference'>[],
  mirror: Mirror,
): MirrorConfig {
  return mirrorConfig(engine, registriesOf(images), mirror);
}

function registriesOf(images: readonly { readonly reference: string }[]): string[] {
  return images.map(({ reference }) => parseReference(reference).registry);
}
