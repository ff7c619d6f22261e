// What rows read that is made once and kept with the images: an archive of all, and a registry that holds them.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheOf, cachedFile } from './images.mjs';
import { run, sh, startRegistry, succeed } from './support.mjs';

/** `docker save` of all images of the set, uncompressed. */
export function archiveOf(set, engine) {
  return cachedFile(cacheOf(set), 'all.tar', async (path) => {
    console.error('bench: saving all images once');
    const { file, args } = engine.command('save', '-o', path, ...set.names);
    await succeed(run({ file, args }));
  });
}

/** A registry with all images of the set, gzip layers, at the paths that their names have without a host. */
export async function openRegistry(set, engine) {
  const archive = await archiveOf(set, engine);
  const registry = await startRegistry({ folder: join(cacheOf(set), 'registry') });
  try {
    await cachedFile(registry.folder, 'complete', async (mark) => {
      console.error('bench: filling a registry once');
      for (const name of set.names) {
        const target = `docker://${registry.host}/${pathOf(name)}`;
        await skopeo(
          'copy',
          '--dest-tls-verify=false',
          `docker-archive:${archive}:${name}`,
          target,
        );
      }
      await sh('touch "$1"', mark);
    });
  } catch (cause) {
    await registry.stop();
    throw cause;
  }
  return registry;
}

/** `registry.k8s.io/etcd:3` → `etcd:3`, `redis:7` → `library/redis:7`. */
export function pathOf(name) {
  const [first, ...rest] = name.split('/');
  if (rest.length === 0) return `library/${first}`;
  return /[.:]/u.test(first) ? rest.join('/') : name;
}

function skopeo(...args) {
  return succeed(run({ file: 'skopeo', args: ['--insecure-policy', ...args] }));
}

/** The archive of a kit of all images with gzip layers, which every Docker reads. */
export function gzipArchiveOf(place) {
  return cachedFile(cacheOf(place.set), 'gzip.tar', async (path) => {
    console.error('bench: packing gzip layers once');
    await rename(join(await place.kit('gzip'), 'bundle.tar'), path);
  });
}
