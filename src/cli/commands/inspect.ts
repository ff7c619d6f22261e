import { inspect, type InspectedImage, type InspectedLayer, type Inspection } from '../../index.ts';
import { baseName } from '../base-name.ts';
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
  const { name, version, serial, expires, created, annotations, tool, bases = [] } = index;
  return { ...found, name, version, serial, expires, created, annotations, tool, bases };
}

function textOf(
  { kind, path, index, images, storedBytes }: Inspection,
  showsLayers: boolean,
): string {
  const title =
    index === undefined ? `${path}: ${kind}` : `${index.name} ${index.version} (${kind})`;
  const expires = index?.expires === undefined ? '' : `, good until ${index.expires}`;
  const head = ['IMAGE', 'PLATFORM', 'IMAGE ID', 'ROOT', 'LAYERS', 'SIZE'];
  const bases = (index?.bases ?? []).map(baseName).join(' or ');
  const rows = images.flatMap((image) => rowsOf(image, bases));
  const table = formatTable(head, rows, ['LAYERS', 'SIZE']);
  const layers = showsLayers ? `\n${images.map((image) => layersOf(image, bases)).join('\n')}` : '';
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

function rowsOf({ reference, root, manifests }: InspectedImage, bases: string): string[][] {
  return manifests.map(({ platform, imageId, layers }) => {
    return [
      reference,
      platform,
      shortDigest(imageId),
      root === undefined ? '-' : shortDigest(root),
      String(layers.length),
      sizeText(layers, bases),
    ];
  });
}

/** Bytes of all layers, and how many of them a base has; a platform that was left out has none. */
function sizeText(layers: readonly InspectedLayer[], bases: string): string {
  if (layers.some(({ absent }) => absent === 'platform')) return 'not carried';
  const left = layers.filter(({ absent }) => absent === 'base');
  const note = left.length === 0 ? '' : `, ${sumText(left)} of it not carried (base ${bases})`;
  return `${sumText(layers)}${note}`;
}

function sumText(layers: readonly InspectedLayer[]): string {
  return formatBytes(layers.reduce((bytes, { size }) => bytes + size, 0));
}

function presenceText({ size, absent }: InspectedLayer, bases: string): string {
  if (absent === undefined) return formatBytes(size);
  return absent === 'base' ? `not carried (base ${bases})` : 'not carried';
}

function layersOf({ reference, manifests }: InspectedImage, bases: string): string {
  const rows = manifests.flatMap(({ platform, layers }) =>
    layers.map((layer) => [
      platform,
      layer.digest ?? '-',
      layer.diffID ?? '-',
      presenceText(layer, bases),
    ]),
  );
  return `${reference}\n${formatTable(['PLATFORM', 'LAYER', 'DIFF ID', 'SIZE'], rows)}`;
}
