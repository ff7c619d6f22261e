import type { HttpRequest } from './http.ts';
import type { Session } from './session.ts';

/** A request to a registry, wherever it is answered. */
export interface RegistryRequest {
  readonly method: HttpRequest['method'];
  readonly repository?: string | undefined;
  /** After `/v2/`, or after `/v2/REPOSITORY/`. */
  readonly path: string;
  /** What it is for, as "cannot …" goes on. */
  readonly what: string;
  /** Statuses that are an answer; all others are failures. */
  readonly accept: readonly number[];
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: HttpRequest['body'];
  /** Counts against the registry's `rateLimit`. */
  readonly isLimited?: boolean | undefined;
  /** Where the registry itself cannot be reached, a mirror's word that there is none counts. Default false. */
  readonly mirrorsMayDeny?: boolean | undefined;
  /** Where an earlier answer said to go on; `path` then counts for nothing. */
  readonly continues?: { readonly session: Session; readonly url: URL } | undefined;
}

/** What a token must allow (distribution auth/scope.md). */
export interface Scope {
  /** A repository, or `undefined` for the catalog. */
  readonly repository?: string | undefined;
  readonly actions: 'pull' | 'pull,push' | 'delete';
}
