/** What a test registry can be told to do wrong, and how it answers. */
export interface RegistrySwitches {
  /** How it wants to be logged in to, as `robot` with the password `s3cret/+word`. */
  auth?: 'basic' | 'bearer' | undefined;
  /** The token server knows only POST with this refresh token. */
  refreshToken?: string | undefined;
  /** Lifetime of tokens, in seconds. */
  expiresIn?: number | undefined;
  /** Blobs are on a second host; its signed addresses carry `sig=s1gnature`. */
  redirectBlobs?: boolean | undefined;
  /** So many answers are 429, with this Retry-After. */
  tooMany?: { count: number; retryAfter?: string } | undefined;
  /** So many answers to requests with this method are 500. */
  fail?: { count: number; method: string } | undefined;
  /** So many blob downloads are cut off after so many bytes: by a reset, or by too small a Content-Length. */
  cut?: { count: number; after: number; kind: 'reset' | 'short' } | undefined;
  wrongDigest?: 'header' | 'bytes' | undefined;
  noRange?: boolean | undefined;
  /** Answers a Range with another one. */
  wrongRange?: boolean | undefined;
  noHead?: boolean | undefined;
  refuseCatalog?: boolean | undefined;
  pageSize?: number | undefined;
  /** The path of uploads is relative, and has a query. */
  relativeLocation?: boolean | undefined;
  chunkMinLength?: number | undefined;
  refuseMonolith?: boolean | undefined;
  refuseMount?: boolean | undefined;
  refuseSparse?: boolean | undefined;
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
}

/** An error document (OCI distribution-spec "Error Codes"). */
export function errorAnswer(status: number, code: string, message: string = code): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ code, message }] }),
  };
}
