import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AirkitError } from '../errors.ts';
import { requireFreeOutput } from '../archive/kit-folder.ts';
import type { OperationOptions } from '../content/operation.ts';
import type { SigningKey } from '../signing/private-key.ts';
import { parseKeyLocation } from '../spec/key-location.ts';
import { parseSourceLocation, sourceText, type SourceLocation } from '../spec/source-location.ts';
import type { OutputSpec } from '../spec/bundles-file.ts';
import { gatherImages, type GatheredImages } from './gather-images.ts';
import { resolvePath, type Host } from './host.ts';
import type { TrustOptions } from './judge-kit.ts';
import { kitSource } from './kit-source.ts';
import { recogniseMedium } from './recognise-medium.ts';
import { requireVerified, type VerifiedKit } from './require-verified.ts';
import { requireFreeFile } from './save.ts';
import { openSigningKey } from './signing-key.ts';
import { writeConverted, type ConversionPlace } from './write-converted.ts';

export interface ConvertOptions extends OperationOptions, TrustOptions {
  /** Replaces what is there; of an OCI layout, adds to it. Default false. */
  readonly force?: boolean | undefined;
  /** Signs a kit: a path, `env:NAME`, `agent:KEY` or `exec:COMMAND`. */
  readonly key?: string | undefined;
  readonly include?: readonly string[] | undefined;
  readonly platforms?: readonly string[] | undefined;
  /** How layers are stored that are uncompressed in FROM. Default `gzip`, in a kit `zstd`. */
  readonly layers?: OutputSpec['layers'] | undefined;
}

/** What became of one image. */
export interface ConvertedImage {
  readonly reference: string;
  readonly root: string;
  /** `kept`: as it was in FROM. `made`: FROM has no manifest, so airkit wrote one; the image ID stays. */
  readonly digest: 'kept' | 'made';
}

export interface ConvertReport {
  /** Absolute. */
  readonly path: string;
  readonly images: readonly ConvertedImage[];
  readonly warnings: readonly string[];
}

/**
 * Writes the images of an archive, layout or kit in another format. Bytes of manifests and layers are kept where FROM has
 * them; a Docker archive has no manifests, so they are written. Both kinds of archive that are written are one: it is a
 * Docker archive and an OCI layout.
 *
 * @param from `docker-archive:FILE`, `oci-archive:FILE`, `oci:DIR`, `kit:DIR`, or a path, known by what is in it
 * @param to the same, with its format
 * @throws AirkitError USAGE, OUTPUT_EXISTS, NO_MATCH, VERIFICATION_FAILED for a kit, ARCHIVE_MALFORMED, CONTENT_INVALID,
 * NO_SPACE, DISK_FAILED
 */
export async function convert(
  host: Host,
  { from: fromText, to: toText }: { readonly from: string; readonly to: string },
  options: ConvertOptions = {},
): Promise<ConvertReport> {
  const to = parsePlace(host, toText);
  if (to === undefined) throw formatMissing(toText);
  if (options.key !== undefined && to.format !== 'kit')
    throw new AirkitError('USAGE', `--key: only kits are signed, ${toText} is none`);
  await requireFree(to, options);
  const key = await openKey(host, options);
  const from = parsePlace(host, fromText) ?? (await recognise(host, fromText, options));
  refuseSame(from, to);
  const kit = from.format === 'kit' ? await requireVerified(host, from.path, options) : undefined;
  const text = sourceText(`${from.format}:${fromText.replace(PREFIX, '')}`);
  const request = { from, to, kit, text };
  await using gathered = await gather(host, request, options);
  const written = await writeConverted(host, { gathered, to, key, kit }, options);
  const images = gathered.images.map(({ input, exact, uncompressedSizes }) => ({
    reference: input.reference,
    root: exact?.graph.root.digest ?? '',
    digest: uncompressedSizes === undefined ? ('kept' as const) : ('made' as const),
  }));
  return { path: to.path, images, warnings: [...new Set([...gathered.skipped, ...written])] };
}

const PREFIX = /^(docker-archive|oci-archive|oci|kit):/;

function parsePlace({ directory }: Host, text: string): ConversionPlace | undefined {
  const [prefix = '', format] = PREFIX.exec(text) ?? [];
  if (format === 'kit') {
    const path = text.slice(prefix.length);
    if (path === '') throw new AirkitError('USAGE', `${text}: kit needs a path`);
    return { format, path: resolve(directory, path) };
  }
  if (format === undefined) return undefined;
  const { transport, path = '' } = parseSourceLocation(text, directory);
  return transport === 'docker-archive' || transport === 'oci-archive' || transport === 'oci'
    ? { format: transport, path }
    : undefined;
}

async function recognise(
  host: Host,
  text: string,
  options: OperationOptions,
): Promise<ConversionPlace> {
  const path = resolvePath(host, text);
  const medium = await recogniseMedium(path, options);
  if (medium.kind === 'kit') return { format: 'kit', path };
  if (medium.kind === 'archive') return { format: 'oci-archive', path };
  const { transport } = medium.from;
  return {
    format: transport === 'oci' || transport === 'oci-archive' ? transport : 'docker-archive',
    path,
  };
}

interface GatherPlace {
  readonly from: ConversionPlace;
  readonly to: ConversionPlace;
  readonly kit: VerifiedKit | undefined;
  readonly text: string;
}

async function gather(
  host: Host,
  { from, to, kit, text }: GatherPlace,
  { include = ['*'], platforms, layers, ...options }: ConvertOptions,
): Promise<GatheredImages> {
  // A kit's blobs are reached by digest like a layout's, and are proved like a layout's.
  const transport: SourceLocation['transport'] = from.format === 'kit' ? 'oci' : from.format;
  const source = kit === undefined ? undefined : kitSource(kit);
  return gatherImages(
    host,
    {
      from: { transport, path: from.path },
      text,
      source,
      include,
      platforms,
      referrers: transport === 'oci',
      layers: layers ?? (to.format === 'kit' ? 'zstd' : 'gzip'),
    },
    options,
  );
}

async function openKey(
  host: Host,
  { key, signal }: ConvertOptions,
): Promise<SigningKey | undefined> {
  return key === undefined
    ? undefined
    : openSigningKey(parseKeyLocation(key, host.directory), host, { signal });
}

async function requireFree(
  { format, path }: ConversionPlace,
  { force = false }: ConvertOptions,
): Promise<void> {
  if (format === 'kit') return requireFreeOutput(path, { force });
  if (format !== 'oci') return requireFreeFile(path, { force });
  const names = await readdir(path).catch((error: unknown) => {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent ? [] : ['something else'];
  });
  if (names.length === 0 || force) return;
  throw new AirkitError('OUTPUT_EXISTS', `${path} exists already`, {
    hint: 'Use --force to add the images to the layout there, or choose another folder.',
    context: { path },
  });
}

function refuseSame(from: ConversionPlace, to: ConversionPlace): void {
  if (from.path !== to.path) return;
  throw new AirkitError('USAGE', `${to.path}: it cannot be converted into itself`, {
    context: { path: to.path },
  });
}

function formatMissing(text: string): AirkitError {
  return new AirkitError('USAGE', `${text}: which format is to be written?`, {
    hint: 'Write docker-archive:FILE, oci-archive:FILE, oci:DIR or kit:DIR.',
  });
}
