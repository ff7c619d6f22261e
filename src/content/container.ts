import type { Platform } from '../oci/platform.ts';
import type { RuntimeConfig } from '../oci/runtime-config.ts';
import type { ByteStream, OperationOptions } from './operation.ts';

/** A container of an engine, running or not, as its list shows it. */
export interface ListedContainer {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Without a slash in front. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One container, inspected. */
export interface InspectedContainer {
  /** Of the image that it was made from. */
  readonly platform: Platform;
  /** How it is run. */
  readonly runtime: RuntimeConfig;
  /** Bytes of its files, as the engine counts them. */
  readonly size: number;
  /** Paths in it where volumes, folders of the host and the like are mounted: an export holds nothing of them. Sorted. */
  readonly mounts: readonly string[];
}

/** An engine as a medium that containers are read from. */
export interface ContainerEngine extends AsyncDisposable {
  /** Every container, running or not, by name. */
  list(options?: OperationOptions): Promise<readonly ListedContainer[]>;
  inspect(id: string, options?: OperationOptions): Promise<InspectedContainer>;
  /** Streams a tar of the file system. Closing the stream early ends the export. */
  export(id: string, options?: OperationOptions): ByteStream;
}
