/** An image for two platforms in a registry, with attestations inside its index and referrers of every kind around it. */
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { multiPlatformRoot } from '../../cli/support/site.ts';
import type { BuiltRoot } from '../../support/image-builder.ts';
import {
  cosignRoot,
  fallbackIndex,
  referrerIndex,
  referrerRoot,
  referrerTag,
  SIGNATURE_TYPE,
} from '../../support/referrer-builder.ts';
import {
  startTestRegistry,
  type RegistrySwitches,
  type TestRegistry,
} from '../../support/test-registry.ts';

export const REPOSITORY = 'acme/api';

/** A referrer, and what it refers to. */
export interface AddedReferrer {
  readonly root: BuiltRoot;
  readonly subject: Descriptor;
  readonly tag?: string | undefined;
}

export interface SignedImage {
  readonly root: BuiltRoot;
  /** Its manifests: amd64, arm64. */
  readonly platforms: readonly Descriptor[];
  readonly referrers: readonly AddedReferrer[];
}

const attach = (subject: Descriptor, body: string, artifactType?: string): AddedReferrer => ({
  root: referrerRoot({ subject, body, artifactType }),
  subject,
});
const tagged = (subject: Descriptor, suffix: string): AddedReferrer => ({
  root: cosignRoot(`${suffix} of ${subject.digest}`),
  subject,
  tag: referrerTag(subject, suffix),
});

export async function signedImage(): Promise<SignedImage> {
  const root = await multiPlatformRoot('multi', ['amd64', 'arm64']);
  const index: { manifests: Descriptor[] } = JSON.parse(
    root.blobs.get(root.descriptor.digest)?.toString() ?? '',
  );
  const [amd64 = root.descriptor, arm64 = root.descriptor] = index.manifests;
  const sbom = attach(root.descriptor, 'SBOM of the index');
  const parts = ['part 1', 'part 2'].map((body) => referrerRoot({ body }));
  const referrers = [
    sbom,
    attach(sbom.root.descriptor, 'signature of the SBOM', SIGNATURE_TYPE),
    { root: referrerIndex(root.descriptor, parts), subject: root.descriptor },
    attach(amd64, 'SBOM of amd64'),
    attach(arm64, 'SBOM of arm64'),
    tagged(root.descriptor, '.sig'),
    tagged(root.descriptor, '.att'),
    tagged(amd64, '.sbom'),
    tagged(arm64, '.sig'),
  ];
  return { root, platforms: [amd64, arm64], referrers };
}

/** A registry with the image. Its lists are also under the fallback tags, for when it has no API. */
export async function registryWith(
  { root, referrers }: SignedImage,
  switches: RegistrySwitches = {},
): Promise<TestRegistry> {
  const registry = await startTestRegistry(switches);
  registry.put(REPOSITORY, '1', root);
  const lists = new Map<string, Descriptor[]>();
  for (const { root: referrer, subject, tag } of referrers) {
    registry.put(REPOSITORY, tag, referrer);
    const list = lists.get(referrerTag(subject)) ?? [];
    if (tag === undefined) lists.set(referrerTag(subject), [...list, referrer.descriptor]);
  }
  for (const [tag, list] of lists) registry.put(REPOSITORY, tag, fallbackIndex(list));
  return registry;
}

/** Digests that a registry lists for a subject: by API, else by the fallback tag. */
export async function listedIn(
  { host }: { readonly host: string },
  repository: string,
  subject: Descriptor,
): Promise<string[]> {
  const base = `http://${host}/v2/${repository}`;
  const accept = { headers: { accept: 'application/vnd.oci.image.index.v1+json' } };
  let answer = await fetch(`${base}/referrers/${subject.digest}`, accept);
  if (answer.status === 404)
    answer = await fetch(`${base}/manifests/${referrerTag(subject)}`, accept);
  if (answer.status === 404) return [];
  const list: { manifests: Descriptor[] } = JSON.parse(await answer.text());
  return list.manifests.map(({ digest }) => digest);
}

/** What the registry should list for a subject, of these referrers. */
export function expectedList(referrers: readonly AddedReferrer[], subject: Descriptor): string[] {
  return referrers
    .filter(({ tag, subject: own }) => tag === undefined && own.digest === subject.digest)
    .map(({ root }) => root.descriptor.digest);
}
