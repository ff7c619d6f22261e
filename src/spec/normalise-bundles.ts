import { resolve } from 'node:path';
import type {
  BundlesFile,
  BundleSpec,
  OutputSpec,
  SelectorPosition,
  SignSpec,
} from './bundles-file.ts';
import type { Bundle, BundlesDocument, Defaults, Output, Sign } from './bundles-file.generated.ts';
import type { ValuePath } from './complaint.ts';
import { parseKeyLocation } from './key-location.ts';
import { normaliseContainerSelector, normaliseImageSelector } from './normalise-selectors.ts';
import { normaliseRegistries } from './registry-entries.ts';
import { DEFAULT_OUTPUT_PATH, outputPath } from './output-path.ts';
import { parseSize } from './size.ts';

export interface NormaliseOptions {
  /** As given by the caller. */
  readonly path: string;
  /** Absolute. */
  readonly directory: string;
  /** 1-based place of a value in the file. */
  readonly positionOf: (path: ValuePath) => SelectorPosition;
}

/** The checked document with its defaults applied, short forms written out and paths made absolute. */
export function normaliseBundles(
  document: BundlesDocument,
  options: NormaliseOptions,
): BundlesFile {
  const { path, directory } = options;
  const defaults = document.defaults ?? {};
  return {
    path,
    directory,
    registries: normaliseRegistries(document.registries ?? {}, directory),
    bundles: document.bundles.map((bundle, index) =>
      normaliseBundle(bundle, defaults, { ...options, at: ['bundles', index] }),
    ),
  };
}

interface BundleOptions extends NormaliseOptions {
  readonly at: ValuePath;
}

function normaliseBundle(bundle: Bundle, defaults: Defaults, options: BundleOptions): BundleSpec {
  const { name, version = defaults.version ?? '' } = bundle;
  const sign = bundle.sign ?? defaults.sign;
  return {
    name,
    version,
    ...aboutBundle({ ...defaults, ...bundle }),
    images: listFor('images', { bundle, defaults, options }).map(([selector, position]) =>
      normaliseImageSelector(selector, defaults, { directory: options.directory, position }),
    ),
    containers: listFor('containers', { bundle, defaults, options }).map(([selector, position]) =>
      normaliseContainerSelector(selector, defaults, { directory: options.directory, position }),
    ),
    rename: (bundle.rename ?? defaults.rename ?? []).map(({ from, to }) => ({ from, to })),
    output: normaliseOutput(
      { ...defaults.output, ...bundle.output },
      { ...options, name, version },
    ),
    ...(sign === undefined ? {} : { sign: normaliseSign(sign, options.directory) }),
  };
}

function normaliseSign({ key, publicKey }: Sign, directory: string): SignSpec {
  return {
    key: parseKeyLocation(key, directory),
    ...(publicKey === undefined ? {} : { publicKey: resolve(directory, publicKey) }),
  };
}

type About = Pick<BundleSpec, 'serial' | 'expires' | 'description'>;

function aboutBundle({ serial, expires, description }: About): About {
  return {
    ...(serial === undefined ? {} : { serial }),
    ...(expires === undefined ? {} : { expires }),
    ...(description === undefined ? {} : { description }),
  };
}

interface ListSource {
  readonly bundle: Bundle;
  readonly defaults: Defaults;
  readonly options: BundleOptions;
}

type Entry<K extends 'images' | 'containers'> = NonNullable<Bundle[K]>[number];

/** The bundle's own list, or the default one, each entry with its place. */
function listFor<K extends 'images' | 'containers'>(
  key: K,
  { bundle, defaults, options }: ListSource,
): [Entry<K>, SelectorPosition][] {
  const own = bundle[key];
  const at = own === undefined ? ['defaults', key] : [...options.at, key];
  const list: readonly Entry<K>[] = own ?? defaults[key] ?? [];
  return list.map((entry, index) => [entry, options.positionOf([...at, index])]);
}

function normaliseOutput(
  output: Output,
  parts: { name: string; version: string; directory: string },
): OutputSpec {
  const { volumeSize } = output;
  return {
    path: outputPath(output.path ?? DEFAULT_OUTPUT_PATH, parts),
    layers: output.layers ?? 'zstd',
    ...(volumeSize === undefined ? {} : { volumeSize: parseSize(String(volumeSize)) }),
  };
}
