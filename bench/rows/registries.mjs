// From a registry into a kit, and from a kit into a registry, against skopeo and crane.
import { join } from 'node:path';
import { writeBundles } from '../bundles.mjs';
import { pathOf } from '../inputs.mjs';
import { fetchAll, uploadAll } from '../limits.mjs';
import { line, lineOf, measure } from '../measuring.mjs';
import { newerCommand, sh, startRegistry } from '../support.mjs';

async function fromRegistry(place) {
  const { host } = await place.registry();
  const { sign } = await place.key();
  const at = (name) => join(place.folder, name);
  const paths = place.set.names.map(pathOf);
  const images = [{ from: `registry://${host}`, include: paths }];
  const file = await writeBundles(at('registry.yaml'), { images });
  const copies = paths.map((path) =>
    skopeo('--src-tls-verify=false', `docker://${host}/${path}`, `oci:${at('layout')}:${path}`),
  );
  const crane = newerCommand('crane', [
    'pull',
    ...paths.map((path) => `${host}/${path}`),
    at('crane.tar'),
  ]);
  const times = await measure(place, [
    {
      name: 'registry',
      airkit: ['pack', file, '-o', at('from-registry'), ...sign],
      env: { XDG_CACHE_HOME: at('registry-cache') },
      prepare: line('rm', '-rf', at('from-registry'), at('registry-cache')),
    },
    {
      name: 'skopeo',
      shell: [...copies, line('tar', '-C', at('layout'), '-cf', at('layout.tar'), '.')].join(
        ' && ',
      ),
      prepare: line('rm', '-rf', at('layout'), at('layout.tar')),
    },
    {
      name: 'crane',
      shell: `${lineOf(crane)} && sync ${at('crane.tar')}`,
      prepare: line('rm', '-f', at('crane.tar')),
    },
    {
      name: 'curl',
      shell: await fetchAll(host, paths, at('fetched')),
      prepare: line('rm', '-rf', at('fetched')),
    },
  ]);
  const limitSeconds = times.curl.seconds;
  const { skopeo: copied, crane: pulled } = times;
  return {
    'pack-registry': { ...times.registry, peerSeconds: copied.seconds, limitSeconds },
    'pack-registry-crane': { ...times.registry, peerSeconds: pulled.seconds, limitSeconds },
  };
}

/** Both send the same blobs: skopeo those of the kit's archive, which is an OCI layout once it is unpacked. */
async function intoRegistry(place) {
  const kit = await place.kit('zstd');
  const { trust } = await place.key();
  const registry = place.keep(await startRegistry({ folder: join(place.folder, 'target') }));
  const layout = join(place.folder, 'unpacked');
  await sh('mkdir "$1" && tar -C "$1" -xf "$2"', layout, join(kit, 'bundle.tar'));
  const load = ['load', kit, ...trust, '--to', `registry://${registry.host}`, ...place.receipt];
  const names = JSON.parse(await sh('cat "$1"', join(layout, 'index.json'))).manifests.map(
    ({ annotations }) => annotations['org.opencontainers.image.ref.name'],
  );
  const shell = names
    .map((name) =>
      skopeo(
        '--dest-tls-verify=false',
        `oci:${layout}:${name}`,
        `docker://${registry.host}/${pathOf(name)}`,
      ),
    )
    .join(' && ');
  const empty = line('rm', '-rf', join(registry.folder, 'data')); // it keeps nothing in memory
  const times = await measure(place, [
    { name: 'load', airkit: load, prepare: empty },
    { name: 'load-again', airkit: load },
    { name: 'skopeo', shell, prepare: empty },
    { name: 'skopeo-again', shell },
    { name: 'curl', shell: uploadAll(layout, registry.host), prepare: empty },
  ]);
  return {
    'registry-load': {
      ...times.load,
      peerSeconds: times.skopeo.seconds,
      limitSeconds: times.curl.seconds,
    },
    'registry-load-again': { ...times['load-again'], peerSeconds: times['skopeo-again'].seconds },
  };
}

function skopeo(...args) {
  return line('skopeo', '--insecure-policy', 'copy', ...args);
}

export const registries = [
  { rows: ['pack-registry', 'pack-registry-crane'], run: fromRegistry },
  { rows: ['registry-load', 'registry-load-again'], run: intoRegistry },
];
