import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import type { Reference } from '../oci/reference.ts';
import type { ContentReader } from './content.ts';
import type { OperationOptions } from './operation.ts';

/** The one noun: a name, the descriptor it resolves to, and where its bytes are. */
export interface Image {
  readonly reference: Reference;
  readonly root: Descriptor;
  readonly content: ContentReader;
  /** Uncompressed sizes of layers, in bytes by diffID, where the source knows them. */
  readonly uncompressedSizes?: ReadonlyMap<Digest, number> | undefined;
}

/** A name that a source offers. */
export interface ListedImage {
  readonly reference: Reference;
  /** Labels of the image config, read when a selector asks for them. */
  labels(options?: OperationOptions): Promise<Readonly<Record<string, string>>>;
}

/** What one blob of an image will cost. */
export interface BlobEstimate {
  /** Equal for equal content: the blob's digest, or a layer's diffID where the blob does not exist yet. */
  readonly key: string;
  readonly kind: 'index' | 'manifest' | 'config' | 'layer';
  /** Bytes in the kit; an upper bound unless `exact`. */
  readonly size: number;
  readonly exact: boolean;
}

/** What is known of an image before anything of it is exported. */
export type ImageDescription =
  /** Everything: its documents are at hand. */
  | { readonly graph: ImageGraph }
  /** What its engine tells. */
  | { readonly estimate: ImageEstimate };

/** An image whose manifest does not exist yet. */
export interface ImageEstimate {
  readonly platform: string;
  /** Digest of the config. */
  readonly imageId: Digest;
  /** Config and manifest, then layers from the base up. */
  readonly blobs: readonly BlobEstimate[];
}

/** A medium that images are read from. */
export interface ImageSource<Listed extends ListedImage = ListedImage> extends AsyncDisposable {
  /** Every name it offers, and warnings about images that cannot be offered. */
  list(
    options?: OperationOptions,
  ): Promise<{ images: readonly Listed[]; skipped: readonly string[] }>;
  /**
   * Images whose bytes are at hand, in the order asked for. What an engine must export for that is exported once for
   * all of them.
   */
  resolve(images: readonly Listed[], options?: OperationOptions): Promise<readonly Image[]>;
  /** What images consist of, from metadata alone: nothing is exported or unpacked. */
  describe(
    images: readonly Listed[],
    options?: OperationOptions,
  ): Promise<readonly ImageDescription[]>;
}
