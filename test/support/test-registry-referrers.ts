/** The referrers API of a test registry (OCI distribution-spec 1.1 "Listing Referrers"). */
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPES } from '../../src/oci/media-types.ts';
import type { TestContent } from './test-registry-content.ts';
import { errorAnswer, type Answer } from './test-registry-switches.ts';

interface Attached {
  artifactType?: string;
  config?: { mediaType: string };
  subject?: { digest: Digest };
  annotations?: Record<string, string>;
}

/** The list for a digest; 404 where the registry has no such API. */
export function referrersAnswer(
  { repositories, switches }: TestContent,
  name: string,
  url: URL,
): Answer {
  const { referrers, pageSize = 1000 } = switches;
  if (referrers === undefined) return errorAnswer(404, 'NOT_FOUND');
  const subject = url.pathname.split('/').at(-1) ?? '';
  const manifests = [...(repositories.get(name)?.manifests.values() ?? [])];
  const honest = manifests.flatMap((manifest) => entryFor(manifest, subject));
  const listed = referrers.list?.(subject, honest) ?? honest;
  const start = Number(url.searchParams.get('start') ?? 0);
  const isLast = start + pageSize >= listed.length;
  const link = `<${url.pathname}?start=${start + pageSize}>; rel="next"`;
  const page = listed.slice(start, start + pageSize);
  return {
    status: 200,
    body: JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: page }),
    headers: { 'content-type': MEDIA_TYPES.ociIndex, ...(isLast ? {} : { link }) },
  };
}

/** `OCI-Subject` for a manifest that was put. */
export function subjectHeader({ switches }: TestContent, bytes: Buffer): Record<string, string> {
  const { subject } = attachedIn(bytes);
  if (switches.referrers === undefined || subject === undefined) return {};
  return { 'oci-subject': subject.digest };
}

function entryFor({ type, bytes }: { type: string; bytes: Buffer }, wanted: string): Descriptor[] {
  const { artifactType, config, subject, annotations } = attachedIn(bytes);
  if (subject?.digest !== wanted) return [];
  const descriptor = { mediaType: type, digest: digestOf(bytes), size: bytes.byteLength };
  return [{ ...descriptor, artifactType: artifactType ?? config?.mediaType, annotations }];
}

function attachedIn(bytes: Buffer): Attached {
  const document: Attached = JSON.parse(bytes.toString());
  return document;
}
