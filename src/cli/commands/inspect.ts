import { inspect, type InspectedImage, type Inspection } from '../../index.ts';
import { formatBytes, formatTable, plural, shortDigest } from '../format.ts';
import type { InspectFlags } from '../flags.ts';
import { problemText, type Command } from '../run-command.ts';

export function inspectCommand(path: string, flags: InspectFlags): Command {
  return async (host, options) => {
    const found = await inspect(host, path, {
      ...options,
      trust: flags.trust,
      volumes: flags.volumes,
    });
    return {
      data: dataOf(found),
      text: textOf(found, flags.layers === true),
      notes: found.findings.map((finding) => problemText(finding).trimEnd()),
    };
  };
}

function dataOf({ index, ...found }: Inspection): object {
  if (index === undefined) return found;
  const { name, version, serial, expires, created, annotations, tool } = index;
  return { ...found, name, version, serial, expires, created, annotations, tool };
}

function textOf(
  { kind, path, index, images, storedBytes }: Inspection,
  showsLayers: boolean,
): string {
  const title =
    index === undefined ? `${path}: ${kind}` : `${index.name} ${index.version} (${kind})`;
  const expires = index?.expires === undefined ? '' : `, good until ${index.expires}`;
  const head = ['IMAGE', 'PLATFORM', 'IMAGE ID', 'ROOT', 'LAYERS', 'SIZE'];
  const table = formatTable(head, images.flatMap(rowsOf), ['LAYERS', 'SIZE']);
  const layers = showsLayers ? `\n${images.map(layersOf).join('\n')}` : '';
  const referrers = referrersOf(images);
  return `${title}\n\n${table}${referrers}\n${plural(images.length, 'image')}, ${formatBytes(storedBytes)} stored${expires}\n${layers}`;
}

function referrersOf(images: readonly InspectedImage[]): string {
  const rows = images.flatMap(({ reference, referrers = [] }) =>
    referrers.map(({ digest, artifactType, mediaType, tag }) => [
      reference,
      shortDigest(digest),
      tag?.split('.').at(-1) ?? artifactType ?? mediaType,
    ]),
  );
  return rows.length === 0 ? '' : `\n${formatTable(['IMAGE', 'REFERRER', 'TYPE'], rows)}`;
}

function rowsOf({ reference, root, manifests }: InspectedImage): string[][] {
  return manifests.map(({ platform, imageId, layers }) => {
    const isCarried = layers.every(({ isPresent }) => isPresent);
    const size = layers.reduce((sum, layer) => sum + layer.size, 0);
    return [
      reference,
      platform,
      shortDigest(imageId),
      root === undefined ? '-' : shortDigest(root),
      String(layers.length),
      isCarried ? formatBytes(size) : 'not carried',
    ];
  });
}

function layersOf({ reference, manifests }: InspectedImage): string {
  const rows = manifests.flatMap(({ platform, layers }) =>
    layers.map(({ digest, diffID, size, isPresent }) => [
      platform,
      digest ?? '-',
      diffID ?? '-',
      isPresent ? formatBytes(size) : 'not carried',
    ]),
  );
  return `${reference}\n${formatTable(['PLATFORM', 'LAYER', 'DIFF ID', 'SIZE'], rows)}`;
}
