import type { AirkitError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageGraph } from '../oci/image-graph.ts';
import type { ImageIdentity } from '../oci/image-identity.ts';
import type { Platform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import type { Referrer } from '../oci/referrer.ts';
import type { ContentReader } from './content.ts';
import type { HeldContent } from './held-content.ts';
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
  /** Which image it is, read when a lock asks for it. Absent: its config and layers say it, as `describe` tells them. */
  identity?(options?: OperationOptions): Promise<ImageIdentity>;
}

/** A name, and the image that it is to stand for. */
export interface PinnedImage {
  readonly reference: Reference;
  readonly identity: ImageIdentity;
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
export type ImageDescription = DescriptionWarnings &
  /** Everything: its documents are at hand. */
  (
    | { readonly graph: ImageGraph; readonly uncompressedSizes?: Image['uncompressedSizes'] }
    /** What its engine tells. */
    | { readonly estimate: ImageEstimate }
  );

interface DescriptionWarnings {
  /** What people should know before they rely on the image. */
  readonly warnings?: readonly string[] | undefined;
}

/** An image whose manifest does not exist yet. */
export interface ImageEstimate {
  readonly platform: string;
  /** Digest of the config; undefined while nobody can know it. */
  readonly imageId: Digest | undefined;
  /** Config and manifest, then layers from the base up. */
  readonly blobs: readonly BlobEstimate[];
  /** Layers as the source holds them, from the base up. */
  readonly layers: readonly LayerFacts[];
}

/** What a source tells of a layer without reading it. */
export interface LayerFacts {
  readonly diffId: Digest | undefined;
  /** Bytes of the layer's tar as it is stored, or of its files. */
  readonly plainSize: number;
}

/** A name of which a source could not find out what stands behind it. */
export interface ListFailure {
  /** A reference, or a repository without tag. */
  readonly name: string;
  /** Patterns that ask for it, so that their choosing nothing is no mistake of theirs. */
  readonly patterns: readonly string[];
  readonly error: AirkitError;
}

/** What a source offers. */
export interface Listing<Listed extends ListedImage = ListedImage> {
  readonly images: readonly Listed[];
  /** Warnings about images that cannot be offered. */
  readonly skipped: readonly string[];
  /** All names that are there, of sources that offer only some of them; for messages. */
  readonly names?: readonly Reference[] | undefined;
  /** Of sources that ask name by name. */
  readonly failures?: readonly ListFailure[] | undefined;
}

/** A medium that images are read from. */
export interface ImageSource<Listed extends ListedImage = ListedImage> extends AsyncDisposable {
  /** Every name it offers. */
  list(options?: OperationOptions): Promise<Listing<Listed>>;
  /**
   * Images by identity under the names given, whatever those stand for by now; nothing is listed. In the order asked
   * for, undefined for what is gone. Absent: an image can only be had by a name that stands for it.
   */
  pin?(
    images: readonly PinnedImage[],
    options?: OperationOptions,
  ): Promise<readonly (Listed | undefined)[]>;
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
  /**
   * Signatures, SBOMs and attestations that refer to `subjects`, documents of an image, and what refers to those again.
   * Their bytes are in the content of the image. A source without this cannot hold any.
   */
  referrers?(
    image: Listed,
    subjects: readonly Descriptor[],
    options?: OperationOptions,
  ): Promise<readonly Referrer[]>;
}

/** An image to be written, with its documents read. */
export interface TargetImage extends Image {
  /** Manifests that are `isHeld` can be written; layers of others are not at hand. */
  readonly graph: ImageGraph;
  /** What a person asked for; a target then takes these even where it runs another. Default: what the target runs. */
  readonly platforms?: readonly Platform[] | undefined;
}

/** What a target did with one image, or would do. */
export interface TargetResult {
  readonly reference: string;
  readonly status: 'loaded' | 'already-present' | 'skipped' | 'failed';
  /** What the name stood for before, and stands for now: the target's own ID. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Why it failed, or what could not be kept. */
  readonly message?: string | undefined;
  /** Bytes of content sent for this image alone, where the target can tell. */
  readonly sentBytes?: number | undefined;
}

/** Options of a load. */
export interface TargetOptions extends OperationOptions {
  /** Told of each image as soon as its outcome is known, so that a receipt is true even when the load breaks off. */
  readonly onResult?: ((result: TargetResult) => Promise<void>) | undefined;
}

/** A name to be put back where a load found it. */
export interface NameReversal {
  readonly reference: Reference;
  /** What the load left under the name: its result's `after`. A name that stands for something else is left alone. */
  readonly expected: string;
  /** What the name stood for before; undefined when there was none, and the name is removed. */
  readonly restore: string | undefined;
}

/** What became of a name that was to be put back. */
export interface NameReversalResult {
  readonly reference: string;
  /** `changed`: it stands for something else by now, so nothing was done. */
  readonly status: 'restored' | 'removed' | 'changed' | 'failed';
  /** What the name stands for now. */
  readonly now?: string | undefined;
  /** Why it failed. */
  readonly message?: string | undefined;
}

/** What a load sent. */
export interface TargetOutcome {
  /** In the order of the images. */
  readonly results: readonly TargetResult[];
  /** Bytes of content that went to the target; 0 when it had everything. */
  readonly sentBytes: number;
}

/** Room that a load takes at least. */
export interface SpaceNeed {
  /** Absolute; need not exist yet. */
  readonly path: string;
  readonly bytes: number;
  /** Name of the machine that the path is on. Default: this one. */
  readonly hostname?: string | undefined;
}

/** A medium that images are written to. */
export interface ImageTarget extends AsyncDisposable {
  /** As a receipt names it; no credentials. */
  readonly name: string;
  /** True for targets that also take `referrers` of images. Default false. */
  readonly keepsReferrers?: boolean | undefined;
  /** Compares only: `already-present`, or `skipped` for what a load would send. */
  survey(
    images: readonly TargetImage[],
    options?: OperationOptions,
  ): Promise<readonly TargetResult[]>;
  /**
   * What can be known to stand in the way before anything is sent: rights are checked, room is told. A need that is not
   * certain is left out.
   *
   * @throws AirkitError TARGET_FAILED, DISK_FAILED where the target may not be written
   */
  preflight?(
    images: readonly TargetImage[],
    options?: OperationOptions,
  ): Promise<readonly SpaceNeed[]>;
  /**
   * Layers that a load of each image would have to send although they are not at hand; what the target has is not among
   * them. In the order of the images. Absent: all of `notAtHand` that a held manifest of the image names.
   */
  lackingLayers?(
    images: readonly TargetImage[],
    notAtHand: ReadonlySet<Digest>,
    options?: OperationOptions,
  ): Promise<readonly (readonly Descriptor[])[]>;
  /** Writes what is missing, content first and names last, and looks at the outcome. One image's failure is its own. */
  load(images: readonly TargetImage[], options?: TargetOptions): Promise<TargetOutcome>;
  /** Everything that it holds. */
  takeInventory?(options?: OperationOptions): Promise<HeldContent>;
  /** Puts names back; no content is removed. Results are in the order of the names; one name's failure is its own. */
  putBack?(
    names: readonly NameReversal[],
    options?: OperationOptions,
  ): Promise<readonly NameReversalResult[]>;
}
