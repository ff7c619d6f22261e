import type { KeyLocation } from './key-location.ts';
import type { RegistryEntries } from './registry-entries.ts';
import type { SourceLocation } from './source-location.ts';

/** A checked bundles file: defaults applied, short forms written out, every path absolute. */
export interface BundlesFile {
  /** As given to whoever read it. */
  readonly path: string;
  /** Absolute; the folder that relative paths in the file start from. */
  readonly directory: string;
  /** By HOST or HOST:PORT. */
  readonly registries: RegistryEntries;
  readonly bundles: readonly BundleSpec[];
}

/** One named set of images, to be packed into one kit. */
export interface BundleSpec {
  readonly name: string;
  readonly version: string;
  readonly serial?: number | undefined;
  /** Last day, as YYYY-MM-DD in UTC. */
  readonly expires?: string | undefined;
  readonly description?: string | undefined;
  readonly images: readonly ImageSelector[];
  readonly containers: readonly ContainerSelector[];
  readonly rename: readonly RenameRule[];
  readonly output: OutputSpec;
  readonly sign?: SignSpec | undefined;
}

/** New name for what a pattern matches; the first rule that matches wins. */
export interface RenameRule {
  /** Pattern for the canonical name. */
  readonly from: string;
  readonly to: string;
}

/** How a kit is signed. */
export interface SignSpec {
  readonly key: KeyLocation;
  /** Of a key that only a command can use; absolute. */
  readonly publicKey?: string | undefined;
}

export interface OutputSpec {
  /** The kit folder, absolute; name and version are filled in. */
  readonly path: string;
  /** For layers that arrive uncompressed. */
  readonly layers: 'zstd' | 'gzip' | 'none';
  /** Bytes per volume of the archive; absent: one file. */
  readonly volumeSize?: number | undefined;
}

/** What selectors of images and of containers share. */
export interface Selector {
  readonly from: SourceLocation;
  /** The source as the bundle index records it: the text of the file, without absolute path. */
  readonly text: string;
  /** Patterns; empty where the source itself says what is meant (discover). */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** All must match. */
  readonly labels: Readonly<Record<string, string>>;
  readonly optional: boolean;
  readonly as?: string | undefined;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly position: SelectorPosition;
}

/** Where a selector stands, 1-based. */
export interface SelectorPosition {
  /** The bundles file, as it was given. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ImageSelector extends Selector {
  /** `os/architecture[/variant]`, normalised; absent: everything the source holds. */
  readonly platforms?: readonly string[] | undefined;
  readonly semver?: string | undefined;
  readonly newest?: number | undefined;
  readonly referrers: boolean;
  readonly discover?: DiscoverSpec | undefined;
}

/** Files whose references are taken: absolute paths and globs. */
export interface DiscoverSpec {
  readonly kubernetes: readonly string[];
  readonly compose: readonly string[];
  readonly helm: readonly string[];
  readonly lists: readonly string[];
}

export interface ContainerSelector extends Selector {
  readonly keepConfig: boolean;
}
