/** What a test registry holds, and how it is read. */
import { digestOf, isDigest, type Digest } from '../../src/oci/digest.ts';
import type { BuiltRoot } from './image-builder.ts';
import { subjectHeader } from './test-registry-referrers.ts';
import { errorAnswer, type Answer, type RegistrySwitches } from './test-registry-switches.ts';

export interface TestRepository {
  readonly blobs: Set<Digest>;
  readonly manifests: Map<string, { type: string; bytes: Buffer }>;
  readonly tags: Map<string, Digest>;
}

export class TestContent {
  readonly repositories: Map<string, TestRepository> = new Map();
  readonly blobs: Map<string, Buffer> = new Map();
  readonly switches: RegistrySwitches;

  constructor(switches: RegistrySwitches) {
    this.switches = switches;
  }

  repository(name: string): TestRepository {
    const known = this.repositories.get(name) ?? {
      blobs: new Set(),
      manifests: new Map(),
      tags: new Map(),
    };
    this.repositories.set(name, known);
    return known;
  }

  put(name: string, tag: string | undefined, root: BuiltRoot): void {
    const repository = this.repository(name);
    for (const [digest, bytes] of root.blobs) {
      const { mediaType, layers, manifests } = documentOf(bytes);
      if (mediaType !== undefined && (layers ?? manifests) !== undefined)
        repository.manifests.set(digest, { type: mediaType, bytes });
      else repository.blobs.add(digest);
      this.blobs.set(digest, bytes);
    }
    if (tag !== undefined) repository.tags.set(tag, root.descriptor.digest);
  }

  catalog(url: URL): Answer {
    return this.switches.refuseCatalog === true
      ? errorAnswer(401, 'UNAUTHORIZED')
      : this.page('repositories', [...this.repositories.keys()], url);
  }

  tags(name: string, url: URL): Answer {
    const found = this.repositories.get(name);
    return found === undefined
      ? errorAnswer(404, 'NAME_UNKNOWN')
      : this.page('tags', [...found.tags.keys()], url);
  }

  page(member: string, all: string[], url: URL): Answer {
    const { pageSize = 1000 } = this.switches;
    const sorted = all.toSorted();
    const start = sorted.findIndex((one) => one > (url.searchParams.get('last') ?? ''));
    const names = start < 0 ? [] : sorted.slice(start, start + pageSize);
    const isLast = start < 0 || start + pageSize >= sorted.length;
    const link = `<${url.pathname}?n=${pageSize}&last=${names.at(-1)}>; rel="next"`;
    return {
      status: 200,
      body: JSON.stringify({ [member]: names }),
      headers: isLast ? {} : { link },
    };
  }

  manifest(name: string, reference: string, method: string): Answer {
    if (this.switches.noHead === true && method === 'HEAD') return errorAnswer(405, 'UNSUPPORTED');
    const repository = this.repositories.get(name);
    const digest = isDigest(reference) ? reference : repository?.tags.get(reference);
    const found = digest === undefined ? undefined : repository?.manifests.get(digest);
    if (digest === undefined || found === undefined) return errorAnswer(404, 'MANIFEST_UNKNOWN');
    const { wrongDigest } = this.switches;
    const told = wrongDigest === 'header' ? digestOf('another') : digest;
    const body =
      wrongDigest === 'bytes' ? Buffer.concat([found.bytes, Buffer.from(' ')]) : found.bytes;
    return {
      status: 200,
      body,
      headers: { 'content-type': found.type, 'docker-content-digest': told },
    };
  }

  blob(digest: string, range: string | undefined): Answer {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return errorAnswer(404, 'BLOB_UNKNOWN');
    const answer = this.rangeOf(bytes, range);
    const { cut, stall } = this.switches;
    const { body = '' } = answer;
    if (stall !== undefined && stall.count > 0 && body.length > stall.after) {
      stall.count -= 1;
      return { ...answer, stallAt: stall.after };
    }
    if (cut === undefined || typeof body === 'string' || body.byteLength <= cut.after)
      return answer;
    cut.count -= 1;
    if (cut.count < 0) return answer;
    return cut.kind === 'short'
      ? { ...answer, body: body.subarray(0, cut.after) }
      : { ...answer, cutAt: cut.after };
  }

  rangeOf(bytes: Buffer, range: string | undefined): Answer {
    const { noRange, wrongRange, wrongDigest } = this.switches;
    const body = Buffer.from(bytes);
    if (wrongDigest === 'bytes' || wrongDigest === 'blobs') body[0] = (body[0] ?? 0) ^ 1;
    const [, asked] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
    if (asked === undefined || noRange === true) return { status: 200, body };
    const start = Number(asked) + (wrongRange === true ? 1 : 0);
    const part = { 'content-range': `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}` };
    return { status: 206, body: body.subarray(start), headers: part };
  }

  deleteTag(name: string, tag: string): Answer {
    if (this.switches.refuseDelete === true) return errorAnswer(405, 'UNSUPPORTED');
    const isThere = this.repositories.get(name)?.tags.delete(tag) === true;
    return isThere ? { status: 202 } : errorAnswer(404, 'MANIFEST_UNKNOWN');
  }

  putManifest(
    name: string,
    reference: string,
    { type, bytes }: { type: string; bytes: Buffer },
  ): Answer {
    const repository = this.repository(name);
    const { manifests = [], layers = [], config } = documentOf(bytes);
    const blobs = [...layers, ...(config === undefined ? [] : [config])];
    const isLacking =
      blobs.some(({ digest }) => !repository.blobs.has(digest)) ||
      (this.switches.refuseSparse === true &&
        manifests.some(({ digest }) => !repository.manifests.has(digest)));
    if (isLacking) return errorAnswer(400, 'MANIFEST_BLOB_UNKNOWN');
    const digest = digestOf(bytes);
    if (isDigest(reference) && reference !== digest) return errorAnswer(400, 'DIGEST_INVALID');
    repository.manifests.set(digest, { type, bytes });
    if (!isDigest(reference)) repository.tags.set(reference, digest);
    const headers = { 'docker-content-digest': digest, ...subjectHeader(this, bytes) };
    return { status: 201, headers };
  }
}

interface Document {
  mediaType?: string;
  config?: { digest: Digest };
  layers?: { digest: Digest }[];
  manifests?: { digest: Digest }[];
}

function documentOf(bytes: Buffer): Document {
  try {
    const document: Document = JSON.parse(bytes.toString());
    return document;
  } catch {
    return {};
  }
}
