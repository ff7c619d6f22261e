// Packing from the classic store, against `docker save`.
import { join } from 'node:path';
import { writeBundles } from '../bundles.mjs';
import { carry, encodeHalves, exportOne } from '../limits.mjs';
import { bytesOf, line, lineOf, measure } from '../measuring.mjs';

/** Cold: no content cache of airkit's own. Warm: what a cold pack left in it. */
async function fromDocker(place) {
  const engine = await place.images();
  const { sign } = await place.key();
  const at = (name) => join(place.folder, name);
  const file = await writeBundles(at('docker.yaml'), { images: [{ include: place.set.include }] });
  const env = { DOCKER_HOST: engine.host, XDG_CACHE_HOME: at('pack-cache') };
  const save = (...args) => lineOf(engine.command('save', ...args, ...place.set.names));
  const pack = (kit) => ['pack', file, '-o', at(kit), ...sign];
  const clear = (...names) => line('rm', '-rf', ...names.map(at));
  const times = await measure(place, [
    { name: 'cold', airkit: pack('cold'), env, prepare: clear('cold', 'pack-cache', 'again') },
    { name: 'save', shell: save('-o', at('all.tar')), prepare: clear('all.tar') },
    { name: 'again', airkit: pack('again'), env, prepare: clear('again') },
    { name: 'halves', shell: encodeHalves(engine, place.set) },
    { name: 'carry', shell: carry(at('again'), at('carried')), prepare: clear('carried') },
    { name: 'gzip', shell: `${save()} | gzip > ${at('all.tar.gz')}`, once: true },
    { name: 'zstd', shell: `${save()} | zstd -3 -f -o ${at('all.tar.zst')}`, once: true },
  ]);
  const bytes = await bytesOf(at('cold'));
  return {
    'pack-cold': {
      ...times.cold,
      peerSeconds: times.save.seconds,
      limitSeconds: times.halves.seconds,
      bytes,
    },
    'pack-gzip': {
      ...times.cold,
      limitSeconds: times.halves.seconds,
      peerSeconds: times.gzip.seconds,
      bytes,
      peerBytes: await bytesOf(at('all.tar.gz')),
    },
    'pack-again': {
      ...times.again,
      peerSeconds: times.save.seconds,
      limitSeconds: times.carry.seconds,
    },
    'kit-size': { bytes, peerBytes: await bytesOf(at('all.tar.zst')) },
  };
}

/** The content cache knows all images but the changed one, as it would a month later. */
async function oneChanged(place) {
  const engine = await place.images();
  const { sign } = await place.key();
  const kit = await place.kit('zstd');
  const at = (name) => join(place.folder, name);
  const { include, changed } = place.set;
  const others = include.filter((pattern) => pattern !== changed.before);
  const selectors = [{ include: others, exclude: [changed.before] }, { include: [changed.name] }];
  const file = await writeBundles(at('changed.yaml'), { images: selectors });
  const saved = lineOf(engine.command('save', '-o', at('one.tar'), changed.name));
  const cache = at('changed-cache');
  const times = await measure(place, [
    {
      name: 'changed',
      airkit: ['pack', file, '-o', at('changed'), ...sign],
      env: { DOCKER_HOST: engine.host, XDG_CACHE_HOME: cache },
      prepare: `${line('rm', '-rf', at('changed'), cache)}; ${line('cp', '-a', at('cache'), cache)}`,
    },
    {
      name: 'save-and-copy',
      shell: `${saved} && ${line('cp', '-r', kit, at('copy'))} && sync ${at('copy')}/*`,
      prepare: line('rm', '-rf', at('copy'), at('one.tar')),
    },
    {
      name: 'export-and-carry',
      shell: `${exportOne(engine, changed.name)}; ${carry(kit, at('carried'))}`,
      prepare: line('rm', '-f', at('carried')),
    },
  ]);
  return {
    'pack-changed': {
      ...times.changed,
      peerSeconds: times['save-and-copy'].seconds,
      limitSeconds: times['export-and-carry'].seconds,
    },
  };
}

export const packing = [
  { rows: ['pack-cold', 'pack-gzip', 'pack-again', 'kit-size'], run: fromDocker },
  { rows: ['pack-changed'], run: oneChanged },
];
