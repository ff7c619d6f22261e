import { scopeOf } from '../../oci/scope.ts';

/** A registry that holds images under names which follow from their original ones. */
export interface Mirror {
  /** HOST[:PORT] as nodes reach it. */
  readonly address: string;
  readonly tls: boolean;
  /**
   * How original names are found there: `scoped`, under the original host as first part; `plain`, without the host;
   * `any`, in both ways and by the parameter `ns`, as `airkit serve` answers.
   */
  readonly naming: 'scoped' | 'plain' | 'any';
  /** Start of every repository, without slashes at its ends. */
  readonly prefix?: string | undefined;
}

/** A file of an engine's configuration. */
export interface MirrorFile {
  /** Absolute, on the node. */
  readonly path: string;
  readonly content: string;
}

export interface MirrorConfig {
  readonly files: readonly MirrorFile[];
  /** What the files alone do not do, as sentences. */
  readonly notes: readonly string[];
}

/** `http://HOST:PORT`. */
export function mirrorUrl({ address, tls }: Mirror): string {
  return `${tls ? 'https' : 'http'}://${address}`;
}

/** What stands before a repository's original path in the mirror, without slashes at its ends; empty for nothing. */
export function pathBefore(host: string, { naming, prefix = '' }: Mirror): string {
  const scope = naming === 'scoped' ? scopeOf(host) : '';
  return [prefix, scope].filter((part) => part !== '').join('/');
}

/** Text in quotes, as TOML and YAML read it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
