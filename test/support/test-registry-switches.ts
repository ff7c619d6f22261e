/** What a test registry can be told to do wrong, and how it answers. */
import type { Descriptor } from '../../src/oci/descriptor.ts';

export interface RegistrySwitches {
  /** It speaks TLS with this certificate, PEM; it also signs those of clients, which then must show one. */
  tls?: { key: string; cert: string; wantsClient?: boolean } | undefined;
  /** How it wants to be logged in to, as `robot` with the password `s3cret/+word`. */
  auth?: 'basic' | 'bearer' | undefined;
  /** The token server knows only POST with this refresh token. */
  refreshToken?: string | undefined;
  /** Lifetime of tokens, in seconds. */
  expiresIn?: number | undefined;
  /** Blobs are on a second host; its signed addresses carry `sig=s1gnature`. */
  redirectBlobs?: boolean | undefined;
  /** So many answers are 429, with this Retry-After; only to requests with the method, where one is named. */
  tooMany?: { count: number; retryAfter?: string; method?: string } | undefined;
  /** So many answers to requests with this method are 500. */
  fail?: { count: number; method: string } | undefined;
  /** So many blob downloads are cut off after so many bytes: by a reset, or by too small a Content-Length. */
  cut?: { count: number; after: number; kind: 'reset' | 'short' } | undefined;
  /** So many blob downloads stand still after so many bytes, or before any answer (-1). */
  stall?: { count: number; after: number } | undefined;
  /** So many PATCHes and PUTs are read, but not answered. */
  stallUploads?: { count: number } | undefined;
  /** What is wrong: the digests that are told, all bytes, or those of blobs alone. */
  wrongDigest?: 'header' | 'bytes' | 'blobs' | undefined;
  noRange?: boolean | undefined;
  /** Answers a Range with another one. */
  wrongRange?: boolean | undefined;
  noHead?: boolean | undefined;
  /** A repository that nobody may read. */
  forbidden?: string | undefined;
  refuseCatalog?: boolean | undefined;
  pageSize?: number | undefined;
  /** The path of uploads is relative, and has a query. */
  relativeLocation?: boolean | undefined;
  chunkMinLength?: number | undefined;
  refuseMonolith?: boolean | undefined;
  /** Takes one PATCH, but no further one. */
  refuseChunks?: boolean | undefined;
  /** So many uploads break off after so many bytes of a request; those are kept or lost. */
  breakUploads?: { count: number; after: number; keeps: boolean } | undefined;
  /** After so many PATCHes the last byte that came is lost. */
  loseByte?: { count: number } | undefined;
  /** So many uploads are forgotten when they are asked for. */
  forgetUploads?: { count: number } | undefined;
  /** So many answers to the end of an upload get lost, after the blob was stored. */
  loseAnswers?: { count: number } | undefined;
  refuseMount?: boolean | undefined;
  refuseSparse?: boolean | undefined;
  /** It has the referrers API; `list` may say something else than the truth. */
  referrers?: { list?: (subject: string, honest: Descriptor[]) => Descriptor[] } | undefined;
  /** Deletes no tags, as distribution before 3.0. */
  refuseDelete?: boolean | undefined;
  /** Harbor: repositories in this project cannot be written. */
  missingProject?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** The connection breaks after so many bytes of the body. */
  readonly cutAt?: number;
  /** Nothing more is said after so many bytes of the body; -1: nothing at all. */
  readonly stallAt?: number;
}

/** An error document (OCI distribution-spec "Error Codes"). */
export function errorAnswer(status: number, code: string, message: string = code): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}
