import { compareStrings } from '../oci/compare.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  asStringMap,
  type JsonObject,
  type JsonValue,
} from '../oci/json.ts';
import { parseRuntimeConfig } from '../oci/runtime-config.ts';
import type { InspectedContainer, ListedContainer } from './container.ts';

/**
 * Reads an entry of `GET /containers/json` (Docker Engine API; podman answers it too). Links of other containers
 * (`/other/alias`) are among the names: a container's own has one slash.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseListedContainer(value: JsonValue): ListedContainer {
  const found = asObject(value, 'container');
  const names = asArray(found['Names'] ?? [], 'Names').map((name) => asString(name, 'Names'));
  const own = names.find((name) => name.lastIndexOf('/') <= 0) ?? names[0] ?? '';
  return {
    id: asString(found['Id'], 'Id'),
    name: own.replace(/^\//, ''),
    labels: asStringMap(found['Labels'] ?? {}, 'Labels'),
  };
}

/** What `GET /containers/ID/json?size=1` tells, but for the platform, which its image has. */
export interface ContainerAnswer extends Omit<InspectedContainer, 'platform'> {
  /** ID of the image that it was made from, as the engine writes it. */
  readonly image: string;
}

/**
 * Reads an inspected container. Volumes and folders of the host are in `Mounts`; `--tmpfs` is told by `HostConfig` only.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseContainer(value: JsonValue): ContainerAnswer {
  const found = asObject(value, 'container');
  return {
    image: asString(found['Image'], 'Image'),
    runtime: parseRuntimeConfig(found['Config'], 'Config'),
    size: asSize(found['SizeRootFs'] ?? 0, 'SizeRootFs'),
    mounts: mountsOf(found),
  };
}

function mountsOf(container: JsonObject): string[] {
  const mounts = asArray(container['Mounts'] ?? [], 'Mounts').map((mount) =>
    asString(asObject(mount, 'Mounts')['Destination'], 'Mounts.Destination'),
  );
  const host = asObject(container['HostConfig'] ?? {}, 'HostConfig');
  const temporary = Object.keys(asObject(host['Tmpfs'] ?? {}, 'HostConfig.Tmpfs'));
  return [...new Set([...mounts, ...temporary])].toSorted(compareStrings);
}
