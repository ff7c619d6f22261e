import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';

/** What a target holds already, as far as it tells. */
export interface HeldContent {
  /** Names, canonical and sorted, with what they stand for: the target's own ID. */
  readonly images: readonly { readonly reference: string; readonly id: Digest }[];
  /** Uncompressed layers. */
  readonly diffIds: ReadonlySet<Digest>;
  /** Layer stacks. */
  readonly chainIds: ReadonlySet<Digest>;
  /** Stored bytes: manifests, configs, layers as they are. Engines that unpack layers keep none. */
  readonly blobs: ReadonlySet<Digest>;
  /** What the engine runs; media that only store have none. */
  readonly platform?: Platform | undefined;
  /**
   * True where every layer must be there as it is stored: that its stack is unpacked from other bytes does not keep it
   * from being sent. Default false.
   */
  readonly needsBlobs?: boolean | undefined;
}
