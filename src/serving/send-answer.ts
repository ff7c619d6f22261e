import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { RangeReader } from '../content/content.ts';
import type { OperationOptions } from '../content/operation.ts';
import { readDocument } from '../content/read-document.ts';
import { refuse, type Answer, type AnswerBody } from './answer.ts';
import type { BlobChecks } from './blob-checks.ts';
import { holdBackLast } from './hold-back.ts';

/** Where bodies come from. */
export interface AnswerContent {
  readonly content: RangeReader;
  readonly checks: BlobChecks;
}

/** What became of an answer. */
export interface SentAnswer {
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  /** Why the kit's bytes could not be sent, or not all of them. A client that went away is no failure. */
  readonly failure?: unknown;
}

type Body = AsyncGenerator<Uint8Array, void>;

/**
 * Sends an answer. Nothing is sent of a document that is damaged; a blob that turns out damaged breaks the connection
 * before its last bytes.
 */
export async function sendAnswer(
  response: ServerResponse,
  { answer, isHead }: { readonly answer: Answer; readonly isHead: boolean },
  { signal, ...source }: AnswerContent & OperationOptions,
): Promise<SentAnswer> {
  const { status, headers } = answer;
  const length = lengthOf(answer.body);
  const hasLength = status !== 304;
  const head = { ...headers, ...(hasLength ? { 'Content-Length': String(length) } : {}) };
  if (isHead || length === 0) {
    response.writeHead(status, head).end();
    return { status, bytes: 0 };
  }
  const body = openBody(answer.body, source, { signal });
  // The first bytes tell whether there will be an answer at all; they are at hand before the head goes out.
  const first = await body.next().catch((error: unknown) => ({ error }));
  if ('error' in first) return sendDamaged(response, first.error, { signal });
  response.writeHead(status, head);
  return stream(response, { body, first, status });
}

interface OpenAnswer {
  readonly body: Body;
  readonly first: IteratorResult<Uint8Array, void>;
  readonly status: number;
}

async function stream(
  response: ServerResponse,
  { body, first, status }: OpenAnswer,
): Promise<SentAnswer> {
  let bytes = 0;
  let failure: unknown;
  const counted = async function* (): Body {
    try {
      if (first.done !== true) yield first.value;
      bytes += first.value?.byteLength ?? 0;
      for await (const chunk of body) {
        yield chunk;
        bytes += chunk.byteLength;
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      await body.return();
    }
  };
  try {
    await pipeline(counted, response);
    return { status, bytes };
  } catch {
    // The client went away, or the source failed: the connection is broken off either way.
    return { status, bytes, ...(failure === undefined ? {} : { failure }) };
  }
}

function lengthOf(body: AnswerBody): number {
  if (body.kind === 'bytes') return body.bytes.byteLength;
  if (body.kind === 'document') return body.descriptor.size;
  return body.range?.length ?? body.descriptor.size;
}

async function* openBody(
  body: AnswerBody,
  { content, checks }: AnswerContent,
  options: OperationOptions,
): Body {
  if (body.kind === 'bytes') yield body.bytes;
  else if (body.kind === 'document') yield await readDocument(content, body.descriptor, options);
  else if (body.range === undefined || body.range.length === body.descriptor.size) {
    yield* holdBackLast(content.fetch(body.descriptor, options));
    checks.passed(body.descriptor);
  } else {
    await checks.require(body.descriptor);
    yield* content.fetchRange(body.descriptor, body.range, options);
  }
}

function sendDamaged(
  response: ServerResponse,
  failure: unknown,
  { signal }: OperationOptions,
): SentAnswer {
  if (signal?.aborted === true) {
    response.destroy();
    return { status: 500, bytes: 0 };
  }
  // Why is for the server's own people: it may name paths of that machine.
  const message = 'the kit is damaged or cannot be read here';
  const { status, headers, body } = refuse({ status: 500, code: 'UNKNOWN', message });
  const bytes = body.kind === 'bytes' ? body.bytes : Buffer.alloc(0);
  response.writeHead(status, { ...headers, 'Content-Length': String(bytes.byteLength) }).end(bytes);
  return { status, bytes: bytes.byteLength, failure };
}
