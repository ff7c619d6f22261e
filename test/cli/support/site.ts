/** A place for one test to work in: folders for home, cache and configuration, and keys that cost no scrypt. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../../src/index.ts';
import { indexRoot, manifestRoot, buildImage } from '../../support/image-builder.ts';
import type { BuiltRoot, ImageRecipe } from '../../support/image-builder.ts';
import { ociLayoutFiles, writeFiles } from '../../support/archive-builder.ts';
import { guardEnvironment } from '../../support/network-guard.ts';

export interface Site {
  /** Absolute. */
  readonly folder: string;
  /** Of the commands that run here. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same for the public API. */
  readonly host: Host;
  /** A path in the folder. */
  path(...parts: string[]): string;
}

/**
 * Makes a site with the key pairs `release` and `other`: the private ones in the environment (`env:RELEASE_KEY`,
 * `env:OTHER_KEY`), the public ones as `release.pub` and `other.pub`. None of them is trusted.
 */
export async function makeSite(folder: string): Promise<Site> {
  const path = (...parts: string[]): string => join(folder, ...parts);
  const environment: Record<string, string> = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: path('home'),
    XDG_CONFIG_HOME: path('home', 'config'),
    XDG_CACHE_HOME: path('home', 'cache'),
    XDG_STATE_HOME: path('home', 'state'),
    TMPDIR: path('home', 'tmp'),
    ...guardEnvironment(),
  };
  await mkdir(path('home', 'tmp'), { recursive: true });
  for (const name of ['release', 'other']) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    environment[`${name.toUpperCase()}_KEY`] = privateKey
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();
    await writeFile(path(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  return { folder, environment, host: hostOf(folder, environment), path };
}

/** A host for the public API. */
export function hostOf(directory: string, environment: Readonly<Record<string, string>>): Host {
  return {
    environment,
    directory,
    pid: process.pid,
    user: 'tester',
    hostname: 'test',
    isRoot: false,
  };
}

/** Writes an OCI layout. */
export async function writeLayout(folder: string, roots: readonly BuiltRoot[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFiles(folder, ociLayoutFiles(roots));
}

export async function rootOf(recipe: ImageRecipe): Promise<BuiltRoot> {
  return manifestRoot(await buildImage(recipe));
}

/** An index over the architectures, whose images have a layer of their own each and one in common. */
export async function multiPlatformRoot(
  name: string,
  architectures: readonly string[],
): Promise<BuiltRoot> {
  const images = architectures.map(async (architecture, position) =>
    buildImage({ names: [name], architecture, layers: [50, 60 + position] }),
  );
  return indexRoot(name, await Promise.all(images));
}

/** Three images above one base layer; the first two are `*k8s*`. */
export async function sampleRoots(): Promise<BuiltRoot[]> {
  return Promise.all([
    rootOf({ names: ['registry.k8s.io/kube-proxy:v1.30.2'], layers: [1, 2] }),
    rootOf({ names: ['ghcr.io/acme/k8s-agent:2.3.0'], layers: [1, 3], labels: { tier: 'core' } }),
    rootOf({ names: ['redis:7'], layers: [1, 4] }),
  ]);
}

/** A bundle as a bundles file writes it. */
export type BundleText = Readonly<Record<string, unknown>>;

/** The bundle `demo` 1.0 of everything in `layout`, packed into `kit`; with other fields as given. */
export function demoBundle(fields: BundleText = {}): BundleText {
  return {
    name: 'demo',
    version: '1.0',
    images: [{ from: 'oci:layout', include: ['*'] }],
    output: { path: 'kit' },
    ...fields,
  };
}

/** Writes a bundles file; JSON is YAML. @returns its path */
export async function writeBundles(
  path: string,
  bundles: readonly BundleText[] = [demoBundle()],
): Promise<string> {
  const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles };
  await writeFile(path, `${JSON.stringify(file, undefined, 2)}\n`);
  return path;
}

/** A site with the sample images in `layout` and a `bundles.yaml` for them. */
export async function makeSampleSite(folder: string, fields: BundleText = {}): Promise<Site> {
  const site = await makeSite(folder);
  await writeLayout(site.path('layout'), await sampleRoots());
  await writeBundles(site.path('bundles.yaml'), [demoBundle(fields)]);
  return site;
}
