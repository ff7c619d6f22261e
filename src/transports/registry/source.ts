import type { ContentReader } from '../../content/content.ts';
import type {
  Image,
  ImageDescription,
  ImageSource,
  ListedImage,
  PinnedImage,
} from '../../content/image.ts';
import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { readImageGraph } from '../../content/read-graph.ts';
import { readLabels } from '../../content/read-labels.ts';
import { AirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { imagePlatforms, type ImageGraph } from '../../oci/image-graph.ts';
import { isForeignLayerType } from '../../oci/media-types.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { canonicalName, formatReference, type Reference } from '../../oci/reference.ts';
import type { RegistryAccess } from './access.ts';
import type { Referrer } from '../../oci/referrer.ts';
import { chooseVersions, type VersionRules } from './choose-versions.ts';
import { collectReferrers } from './collect-referrers.ts';
import { openImageReader } from './image-reader.ts';
import { listNames } from './list-names.ts';
import { resolveManifest } from './manifests.ts';
import { nameFailures } from './name-failures.ts';
import { openRegistries, requireRegistry, type Registries } from './registries.ts';
import { wantedNames, type NameBase } from './wanted-names.ts';

export interface RegistrySourceRequest extends RegistryAccess, NameBase, VersionRules {
  /** Patterns; what they say literally decides what is listed. */
  readonly include: readonly string[];
  /** True for names that the selector takes; `newest` counts only those. Default: all. */
  readonly accepts?: ((reference: Reference) => boolean) | undefined;
  /** Clients to share with other sources; they outlive this one. */
  readonly registries?: Registries | undefined;
  /** Content that is at hand elsewhere: documents in it are not downloaded. */
  readonly known?: ContentReader | undefined;
}

/** A name in a registry. */
export interface ListedRegistryImage extends ListedImage {
  /** What it is to stand for; undefined: what the registry says. */
  readonly pinned?: Descriptor | undefined;
}

/**
 * Images of one registry, or, without a host, of any that the patterns name. Only metadata is read until blobs are
 * asked for, and each tag is looked up once: what was described is what is packed.
 *
 * @throws AirkitError SOURCE_FAILED when the registry does not answer, USAGE for credentials, certificates, a range or a
 * pattern that cannot be used
 */
export async function openRegistrySource(
  request: RegistrySourceRequest,
  options: OperationOptions = {},
): Promise<ImageSource<ListedRegistryImage>> {
  chooseVersions([], request);
  const wanted = wantedNames(request.include, request);
  const registries = request.registries ?? openRegistries(request, 'source');
  const opened: Opened = { registries, known: request.known, referrers: new Map() };
  const close = async (): Promise<void> => {
    if (request.registries === undefined) await registries[Symbol.asyncDispose]();
  };
  try {
    if (request.host !== undefined)
      await requireRegistry(await registries.clientFor(request.host, options), options);
  } catch (error) {
    await close();
    throw error;
  }
  const resolve = async (
    reference: Reference,
    call: OperationOptions,
  ): Promise<Descriptor | undefined> => rootOf(opened, reference, call);
  return {
    list: async (call = {}) => {
      const found = await listNames({ registries, wanted, base: request, resolve }, call);
      const accepted = found.references.filter((one) => request.accepts?.(one) ?? true);
      const { chosen, skipped } = chooseVersions(accepted, request);
      return {
        images: chosen.map((reference) => listed(opened, { reference })),
        skipped: [...found.skipped, ...skipped],
        names: found.references,
        failures: nameFailures(found.failures, request),
      };
    },
    pin: async (images, call) =>
      mapLimited(images, async (image, one) => pinImage(opened, image, one), call),
    resolve: async (images, call) =>
      mapLimited(images, async (image, one) => openImage(opened, image, one), call),
    describe: async (images, call) =>
      mapLimited(images, async (image, one) => describe(opened, image, one), call),
    referrers: async ({ reference }, subjects, call = {}) =>
      referrersOf(opened, { reference, subjects }, call),
    [Symbol.asyncDispose]: close,
  };
}

interface Opened {
  readonly registries: Registries;
  readonly known: ContentReader | undefined;
  /** By repository and what they refer to. */
  readonly referrers: Map<string, Promise<readonly Referrer[]>>;
}

type RegistryName = Pick<ListedRegistryImage, 'reference' | 'pinned'>;

function listed(opened: Opened, name: RegistryName): ListedRegistryImage {
  return {
    ...name,
    labels: async (options = {}) => {
      const { root, content } = await openImage(opened, name, options);
      return readLabels(root, content, options);
    },
    identity: async (options = {}) => {
      const { root } = await openImage(opened, name, options);
      return { root: root.digest };
    },
  };
}

/** The name stands for the digest then, whatever its tag says. */
async function pinImage(
  opened: Opened,
  { reference, identity }: PinnedImage,
  options: OperationOptions,
): Promise<ListedRegistryImage | undefined> {
  if (!('root' in identity)) return undefined;
  const pinned = await rootOf(opened, { ...reference, digest: identity.root }, options);
  return pinned === undefined ? undefined : listed(opened, { reference, pinned });
}

async function openImage(
  opened: Opened,
  { reference, pinned }: RegistryName,
  options: OperationOptions,
): Promise<Image> {
  const root = pinned ?? (await rootOf(opened, reference, options));
  if (root === undefined) throw vanished(reference);
  return { reference, root, content: await readerOf(opened, reference, options) };
}

async function describe(
  opened: Opened,
  name: RegistryName,
  options: OperationOptions,
): Promise<ImageDescription> {
  const { reference, root, content } = await openImage(opened, name, options);
  const graph = await readImageGraph(root, content, options);
  refuseForeignLayers(reference, graph, options);
  return { graph };
}

async function rootOf(
  { registries }: Opened,
  reference: Reference,
  options: OperationOptions,
): Promise<Descriptor | undefined> {
  const key = formatReference(reference);
  const { roots } = registries;
  if (roots.has(key)) return roots.get(key);
  const { registry, repository, tag = 'latest', digest } = reference;
  const client = await registries.clientFor(registry, options);
  const name = { client, repository, reference: digest ?? tag };
  const root = await resolveManifest(name, options);
  roots.set(key, root);
  return root;
}

async function readerOf(
  { registries, known }: Opened,
  reference: Reference,
  options: OperationOptions,
): Promise<ContentReader> {
  const client = await registries.clientFor(reference.registry, options);
  const name = canonicalName(reference);
  const reader =
    registries.readers.get(name) ?? openImageReader(client, reference.repository, known);
  registries.readers.set(name, reader);
  return reader;
}

/** Each list is asked for once: what was planned is what is packed. */
async function referrersOf(
  opened: Opened,
  { reference, subjects }: { reference: Reference; subjects: readonly Descriptor[] },
  options: OperationOptions,
): Promise<readonly Referrer[]> {
  const digests = subjects.map(({ digest }) => digest);
  const key = [canonicalName(reference), ...digests].join(' ');
  const client = await opened.registries.clientFor(reference.registry, options);
  const content = await readerOf(opened, reference, options);
  const { repository } = reference;
  const known =
    opened.referrers.get(key) ??
    collectReferrers({ client, repository, content }, digests, options);
  opened.referrers.set(key, known);
  return known;
}

/** Manifests with foreign layers count as not held; an image that has nothing else cannot be carried at all. */
function refuseForeignLayers(
  reference: Reference,
  graph: ImageGraph,
  { onProgress }: OperationOptions,
): void {
  const foreign = graph.manifests.filter(({ layers }) =>
    layers.some(({ descriptor }) => isForeignLayerType(descriptor.mediaType)),
  );
  if (foreign.length === 0) return;
  const name = formatReference(reference);
  const platforms = foreign.map(({ platform }) => formatPlatform(platform)).join(', ');
  const message = `${name}: for ${platforms} it has layers that may not be distributed, so registries need not hold them`;
  if (foreign.length < imagePlatforms(graph).length) {
    onProgress?.({ kind: 'warning', message, hint: 'Only its other platforms can be carried.' });
    return;
  }
  throw new AirkitError('UNSUPPORTED', message, {
    hint: 'Leave it out with "exclude", or build it upon a newer base image.',
    context: { reference: name },
  });
}

function vanished(reference: Reference): AirkitError {
  const name = formatReference(reference);
  return new AirkitError('SOURCE_FAILED', `${name}: the registry does not have it any more`, {
    hint: 'It was removed meanwhile: run the command again.',
    context: { reference: name },
  });
}
