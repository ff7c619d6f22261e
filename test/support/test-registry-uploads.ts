/** How blobs get into a test registry. */
import type { IncomingMessage } from 'node:http';
import { digestOf, isDigest } from '../../src/oci/digest.ts';
import type { TestContent } from './test-registry-content.ts';
import { errorAnswer, type Answer } from './test-registry-switches.ts';

export interface UploadRequest {
  readonly method: string;
  readonly repository: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export class TestUploads {
  readonly content: TestContent;
  readonly parts: Map<string, Buffer[]> = new Map();
  /** `HOST:PORT` of absolute locations. */
  host = '';

  constructor(content: TestContent) {
    this.content = content;
  }

  answer(request: UploadRequest): Answer {
    if (request.method === 'POST') return this.begin(request);
    const id = request.url.pathname.split('/').at(-1) ?? '';
    const parts = this.parts.get(id);
    const isRelative = this.content.switches.relativeLocation === true;
    if (parts === undefined || (isRelative && request.url.searchParams.get('state') !== 'a+b'))
      return errorAnswer(404, 'BLOB_UPLOAD_UNKNOWN');
    if (request.method === 'GET') return this.tell(request, parts, id);
    if (request.method === 'PUT') return this.finish(request, parts);
    return this.append(request, parts, id);
  }

  /** What arrived of a request that broke off. */
  keepPart({ url, body }: Pick<UploadRequest, 'url' | 'body'>): void {
    this.parts.get(url.pathname.split('/').at(-1) ?? '')?.push(body);
  }

  tell({ repository }: UploadRequest, parts: readonly Buffer[], id: string): Answer {
    const { forgetUploads } = this.content.switches;
    if (forgetUploads !== undefined && forgetUploads.count > 0) {
      forgetUploads.count -= 1;
      this.parts.delete(id);
      return errorAnswer(404, 'BLOB_UPLOAD_UNKNOWN');
    }
    const last = Math.max(0, Buffer.concat([...parts]).byteLength - 1);
    return {
      status: 204,
      headers: { range: `0-${last}`, location: this.locationOf(repository, id) },
    };
  }

  begin({ repository, url }: UploadRequest): Answer {
    const { chunkMinLength, refuseMount } = this.content.switches;
    const mount = url.searchParams.get('mount') ?? '';
    const from = this.content.repositories.get(url.searchParams.get('from') ?? '');
    if (refuseMount !== true && isDigest(mount) && from?.blobs.has(mount) === true) {
      this.content.repository(repository).blobs.add(mount);
      return { status: 201, headers: { location: `/v2/${repository}/blobs/${mount}` } };
    }
    const id = `upload-${this.parts.size}`;
    this.parts.set(id, []);
    const location = this.locationOf(repository, id);
    const least = String(chunkMinLength);
    return {
      status: 202,
      headers: {
        location,
        ...(chunkMinLength === undefined ? {} : { 'oci-chunk-min-length': least }),
      },
    };
  }

  append({ repository, headers, body }: UploadRequest, parts: Buffer[], id: string): Answer {
    const offset = Buffer.concat(parts).byteLength;
    if (headers['content-range'] !== `${offset}-${offset + body.byteLength - 1}`)
      return errorAnswer(416, 'BLOB_UPLOAD_INVALID');
    const { refuseChunks, loseByte } = this.content.switches;
    if (refuseChunks === true && offset > 0) return errorAnswer(400, 'BLOB_UPLOAD_INVALID');
    const isLosing = loseByte !== undefined && loseByte.count > 0;
    if (isLosing) loseByte.count -= 1;
    parts.push(isLosing ? body.subarray(0, -1) : body);
    return { status: 202, headers: { location: this.locationOf(repository, id) } };
  }

  finish({ repository, url, body }: UploadRequest, parts: readonly Buffer[]): Answer {
    if (body.byteLength > 0 && this.content.switches.refuseMonolith === true)
      return errorAnswer(413, 'SIZE_INVALID');
    const bytes = Buffer.concat([...parts, body]);
    const digest = digestOf(bytes);
    if (digest !== url.searchParams.get('digest')) return errorAnswer(400, 'DIGEST_INVALID');
    this.content.blobs.set(digest, bytes);
    this.content.repository(repository).blobs.add(digest);
    const { loseAnswers } = this.content.switches;
    if (loseAnswers !== undefined && loseAnswers.count > 0) {
      loseAnswers.count -= 1;
      this.parts.delete(url.pathname.split('/').at(-1) ?? '');
      throw new Error('this answer gets lost');
    }
    return { status: 201, headers: { location: `/v2/${repository}/blobs/${digest}` } };
  }

  locationOf(repository: string, id: string): string {
    const path = `/v2/${repository}/blobs/uploads/${id}`;
    return this.content.switches.relativeLocation === true
      ? `${path}?state=a%2Bb`
      : `http://${this.host}${path}`;
  }
}
