import type { ContainerSelector, ImageSelector } from './bundles-file.generated.ts';
import {
  nameOfPath,
  type PlacedComplaint,
  type SpecProblemCode,
  type ValuePath,
} from './complaint.ts';
import { didYouMean } from './did-you-mean.ts';
import { misplacedKeys } from './misplaced-keys.ts';
import { DEFAULT_OUTPUT_PATH, outputPath } from './output-path.ts';
import {
  isFileMedium,
  parseSourceLocation,
  sourceComplaint,
  type SourceTransport,
} from './source-location.ts';
import { entriesOf, isMap, membersOf, type Members } from './value-members.ts';

/**
 * What a schema cannot say: rules across members. Works on any value, so that these complaints come together with the
 * schema's; what is of the wrong kind is left to the schema.
 */
export function crossChecks(root: unknown): PlacedComplaint[] {
  const document = membersOf(root);
  const defaults = membersOf(document['defaults']);
  const bundles = entriesOf(document['bundles']).map(membersOf);
  return [
    ...sameNames(bundles),
    ...sameFolders(bundles, defaults),
    ...entriesOf(defaults['images']).flatMap((selector, index) =>
      imageSelector(selector, defaults, ['defaults', 'images', index]),
    ),
    ...entriesOf(defaults['containers']).flatMap((selector, index) =>
      containerSelector(selector, defaults, ['defaults', 'containers', index]),
    ),
    ...bundles.flatMap((bundle, index) => selectorsOf(bundle, defaults, ['bundles', index])),
  ];
}

function selectorsOf(bundle: Members, defaults: Members, path: ValuePath): PlacedComplaint[] {
  return [
    ...entriesOf(bundle['images']).flatMap((selector, index) =>
      imageSelector(selector, defaults, [...path, 'images', index]),
    ),
    ...entriesOf(bundle['containers']).flatMap((selector, index) =>
      containerSelector(selector, defaults, [...path, 'containers', index]),
    ),
  ];
}

function imageSelector(selector: unknown, defaults: Members, path: ValuePath): PlacedComplaint[] {
  const isShort = typeof selector === 'string';
  if (!isShort && !isMap(selector)) return [];
  const own: Members = isShort ? { include: [selector] } : membersOf(selector);
  const merged: Members = { ...defaults, ...own };
  const hasDiscover = merged['discover'] !== undefined;
  const transport = transportOf(merged['from'] ?? (hasDiscover ? 'registry' : 'docker'));
  if (transport === undefined) return [];
  const misplaced = misplacedKeys({ own, defaults, transport, path });
  if (transport === 'rootfs' && merged['as'] === undefined) {
    const message = 'a rootfs has no name: it needs "as"';
    misplaced.push(complain('MISSING_KEY', path, message, 'Write as: NAME:TAG.'));
  }
  if (hasDiscover || isFileMedium(transport)) return misplaced;
  return [
    ...misplaced,
    ...missingInclude(isShort ? {} : membersOf(selector), merged, { path, transport }),
  ];
}

/** Transports that can tell containers. */
const CONTAINER_ENGINES: ReadonlySet<SourceTransport> = new Set(['docker', 'podman', 'docker+ssh']);

function containerSelector(
  selector: unknown,
  defaults: Members,
  path: ValuePath,
): PlacedComplaint[] {
  if (!isMap(selector)) return [];
  const merged: Members = { ...defaults, ...membersOf(selector) };
  const transport = transportOf(merged['from'] ?? 'docker');
  if (transport === undefined) return [];
  if (!CONTAINER_ENGINES.has(transport)) {
    const hint = 'Take containers from docker, podman or docker+ssh://[USER@]HOST.';
    const message = `${transport} holds no containers`;
    return [complain('SOURCE_INVALID', [...path, 'from'], message, hint)];
  }
  return missingInclude(selector, merged, { path, transport });
}

/** Where `include` is misspelt, or an image was written as a map, the unknown key is reported already. */
function missingInclude(
  own: Members,
  merged: Members,
  { path, transport }: { path: ValuePath; transport: SourceTransport },
): PlacedComplaint[] {
  const keys = Object.keys(own);
  const isImage = keys.length === 1 && !SELECTOR_KEYS.has(keys[0] ?? '');
  const isMisspelt = keys.some((key) => didYouMean(key, ['include', 'exclude']) === 'include');
  if (merged['include'] !== undefined || isImage || isMisspelt) return [];
  const message = `${nameOfPath(path)} needs "include" to select from ${transport}`;
  return [
    complain('MISSING_KEY', path, message, 'Write include: ["PATTERN"], or ["*"] for everything.'),
  ];
}

const SELECTOR_KEYS: ReadonlySet<string> = new Set<keyof ImageSelector | keyof ContainerSelector>([
  'from',
  'include',
  'exclude',
  'labels',
  'platforms',
  'optional',
  'semver',
  'newest',
  'referrers',
  'as',
  'keepConfig',
  'changes',
]);

/** Undefined when the source is malformed, which its format reports. */
function transportOf(from: unknown): SourceTransport | undefined {
  if (typeof from !== 'string' || sourceComplaint(from) !== undefined) return undefined;
  return parseSourceLocation(from, '/').transport;
}

/** Names become folders, on disks that may not tell letter case apart. */
function sameNames(bundles: readonly Members[]): PlacedComplaint[] {
  const seen = new Map<string, number>();
  return bundles.flatMap(({ name }, index) => {
    if (typeof name !== 'string') return [];
    const first = seen.get(name.toLowerCase());
    if (first === undefined) {
      seen.set(name.toLowerCase(), index);
      return [];
    }
    const message = `bundle ${first + 1} has the name ${JSON.stringify(name.slice(0, 200))} too`;
    return [
      complain(
        'DUPLICATE_NAME',
        ['bundles', index, 'name'],
        message,
        'Letter case does not count.',
      ),
    ];
  });
}

function sameFolders(bundles: readonly Members[], defaults: Members): PlacedComplaint[] {
  const seen = new Map<string, { index: number; name: string }>();
  return bundles.flatMap((bundle, index) => {
    const { name, version = defaults['version'] } = bundle;
    if (typeof name !== 'string' || typeof version !== 'string') return [];
    const path = membersOf(bundle['output'])['path'] ?? membersOf(defaults['output'])['path'];
    const template = typeof path === 'string' ? path : DEFAULT_OUTPUT_PATH;
    const folder = outputPath(template, { name, version, directory: '/' }).toLowerCase();
    const first = seen.get(folder);
    if (first === undefined) seen.set(folder, { index, name: name.toLowerCase() });
    if (first === undefined || first.name === name.toLowerCase()) return [];
    const message = `bundle ${first.index + 1} writes its kit to the same folder`;
    const at: ValuePath = ['bundles', index, 'output', 'path'];
    return [complain('DUPLICATE_NAME', at, message, 'Use {name} and {version} in `output.path`.')];
  });
}

function complain(
  code: SpecProblemCode,
  path: ValuePath,
  ...[message, hint]: [message: string, hint: string]
): PlacedComplaint {
  return { code, path, message, hint, part: 'value' };
}
