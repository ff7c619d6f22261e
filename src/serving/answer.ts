import { Buffer } from 'node:buffer';
import type { ByteRange } from '../content/content.ts';
import type { Descriptor } from '../oci/descriptor.ts';

/** What one request gets, before any blob is read. */
export interface Answer {
  /** HTTP status. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody;
}

export type AnswerBody =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** A manifest or index, at most 4 MiB. */
  | { readonly kind: 'document'; readonly descriptor: Descriptor }
  | {
      readonly kind: 'blob';
      readonly descriptor: Descriptor;
      /** Default: all of it. */
      readonly range?: ByteRange | undefined;
    };

/** Error codes of the OCI distribution spec, "Error Codes"; PAGINATION_NUMBER_INVALID and UNKNOWN are distribution's. */
export type RegistryErrorCode =
  | 'BLOB_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'UNAUTHORIZED'
  | 'UNKNOWN'
  | 'UNSUPPORTED';

/** Why a request is refused; clients show the message to people. */
export interface Refusal {
  readonly status: number;
  readonly code: RegistryErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The body of an error: `{"errors": [{"code", "message"}]}` (OCI distribution spec, "Error Codes"). */
export function refuse({ status, code, message, headers }: Refusal): Answer {
  return jsonAnswer({ errors: [{ code, message }] }, { status, headers });
}

/** A JSON document. */
export function jsonAnswer(
  value: unknown,
  { status = 200, headers = {} }: Partial<Pick<Refusal, 'status' | 'headers'>> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: { kind: 'bytes', bytes: Buffer.from(JSON.stringify(value)) },
  };
}

/** An answer without a body. */
export function emptyAnswer(status: number, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: { kind: 'bytes', bytes: Buffer.alloc(0) } };
}
