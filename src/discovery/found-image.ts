import type { Problem } from '../errors.ts';
import type { Reference } from '../oci/reference.ts';

/** What files are read as. */
export type DiscoveryKind = 'kubernetes' | 'compose' | 'helm' | 'kustomize' | 'list';

/**
 * `definite`: an engine pulls it when the file is used. `possible`: a value that looks like an image, in a place whose
 * meaning only the program that reads it knows.
 */
export type Certainty = 'definite' | 'possible';

/** Where a file names an image. */
export interface ImagePlace {
  /** As shown to people. */
  readonly file: string;
  /** 1-based; columns in UTF-16 units. Of rendered text, the place in what the tool printed. */
  readonly line: number;
  readonly column: number;
  /** What in the file: `Deployment/shop: spec.template.spec.containers[0].image`. Empty in lists. */
  readonly path: string;
  /** The chart's template that helm printed it from, as its `# Source:` comment says. */
  readonly template?: string | undefined;
}

export interface FoundImage {
  /** As written; no tag is added. */
  readonly reference: Reference;
  readonly certainty: Certainty;
  readonly place: ImagePlace;
}

/** What a text gave. Problems of severity `error` mean that images may be missing. */
export interface Scan {
  readonly images: readonly FoundImage[];
  readonly problems: readonly Problem[];
}

/** A text and what to call it. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** Scans one after the other. */
export function joinScans(scans: readonly Scan[]): Scan {
  return {
    images: scans.flatMap(({ images }) => images),
    problems: scans.flatMap(({ problems }) => problems),
  };
}
