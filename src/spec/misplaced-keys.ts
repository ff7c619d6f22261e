import type { PlacedComplaint, ValuePath } from './complaint.ts';
import type { SourceTransport } from './source-location.ts';
import type { Members } from './value-members.ts';

/** Keys of image selectors that only some sources can carry out. */
const SOURCES_OF_KEYS: readonly {
  readonly keys: readonly string[];
  readonly sources: ReadonlySet<SourceTransport>;
  /** False for keys that defaults write for containers and root file systems. */
  readonly fromDefaults: boolean;
  readonly hint: string;
}[] = [
  {
    keys: ['semver', 'newest'],
    sources: new Set(['registry']),
    fromDefaults: true,
    hint: 'Only tags of a registry are chosen by version: from: registry or registry://HOST. Of other sources write patterns.',
  },
  {
    keys: ['referrers'],
    sources: new Set(['registry', 'oci']),
    fromDefaults: true,
    hint: 'Only registries and OCI layouts keep what refers to an image.',
  },
  {
    keys: ['as', 'changes'],
    sources: new Set(['rootfs']),
    fromDefaults: false,
    hint: 'Images have a name and a config of their own: "rename" names them anew. Containers and from: rootfs:FILE take these keys.',
  },
];

export interface SelectorKeys {
  /** What the selector itself says. */
  readonly own: Members;
  readonly defaults: Members;
  readonly transport: SourceTransport;
  readonly path: ValuePath;
}

/** Keys of an image selector that its source cannot carry out; those of the defaults are told where they stand. */
export function misplacedKeys({ own, defaults, transport, path }: SelectorKeys): PlacedComplaint[] {
  const rules = SOURCES_OF_KEYS.filter(({ sources }) => !sources.has(transport));
  return rules.flatMap(({ keys, fromDefaults, hint }) =>
    keys.flatMap((key): PlacedComplaint[] => {
      const value = own[key] ?? (fromDefaults ? defaults[key] : undefined);
      if (!isWellFormed(key, value)) return [];
      const message = `"${key}" means nothing for images from ${transport}`;
      const at = own[key] === undefined ? ['defaults', key] : [...path, key];
      return [{ code: 'MISPLACED_KEY', path: at, message, hint, part: 'key' }];
    }),
  );
}

/** What is of the wrong kind is left to the schema; `referrers: false` asks for nothing. */
function isWellFormed(key: string, value: unknown): boolean {
  if (key === 'referrers') return value === true;
  if (key === 'newest') return typeof value === 'number';
  return key === 'changes' ? Array.isArray(value) : typeof value === 'string';
}
