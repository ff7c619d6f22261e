// Loading into Docker with either image store, against `docker load`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveOf, gzipArchiveOf } from '../inputs.mjs';
import { decodeInto } from '../limits.mjs';
import { lineOf, measure } from '../measuring.mjs';
import { startDocker, startNewerDocker } from '../support.mjs';

async function intoClassic(place) {
  const engine = await openEngine(place, startDocker, 'classic');
  const plain = await archiveOf(place.set, await place.images());
  const shell = await decodeInto(engine, place.set, plain);
  return withPrefix('', await intoDocker(place, engine, shell));
}

async function intoContainerdStore(place) {
  const engine = await openEngine(place, startNewerDocker, 'newer');
  return withPrefix('containerd-', await intoDocker(place, engine));
}

async function openEngine(place, start, name) {
  const folder = join(place.folder, name);
  await mkdir(folder);
  return place.keep(await start({ folder }));
}

/** docker 20 reads no zstd layers: its archive has gzip layers, and is otherwise the same. */
async function intoDocker(place, engine, limit) {
  const kit = await place.kit('zstd');
  const archive = await gzipArchiveOf(place);
  const { trust } = await place.key();
  const env = { DOCKER_HOST: engine.host };
  const airkit = ['load', kit, ...trust, '--to', 'docker', ...place.receipt];
  const shell = lineOf(engine.command('load', '-i', archive));
  const empty = lineOf(engine.command('image', 'prune', '--all', '--force'));
  const less = lineOf(engine.command('rmi', place.set.small));
  const times = await measure(place, [
    { name: 'empty', airkit, env, prepare: empty },
    { name: 'again', airkit, env },
    { name: 'missing', airkit, env, prepare: less },
    { name: 'docker-empty', shell, prepare: empty },
    { name: 'docker-again', shell },
    ...(limit === undefined ? [] : [{ name: 'limit', shell: limit, prepare: empty }]),
  ]);
  await engine.stop();
  const [peer, peerAgain] = [times['docker-empty'].seconds, times['docker-again'].seconds];
  return {
    'load-empty': { ...times.empty, peerSeconds: peer, limitSeconds: times.limit?.seconds },
    'load-missing': { ...times.missing, peerSeconds: peer },
    'load-again': { ...times.again, peerSeconds: peerAgain },
  };
}

function withPrefix(prefix, figures) {
  return Object.fromEntries(Object.entries(figures).map(([id, row]) => [`${prefix}${id}`, row]));
}

const rows = ['load-empty', 'load-missing', 'load-again'];

export const loading = [
  { rows, run: intoClassic },
  { rows: rows.map((id) => `containerd-${id}`), run: intoContainerdStore },
];
