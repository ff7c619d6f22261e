// What other tools take for the work of a row: what is possible on this machine, beside its peer.
import { join } from 'node:path';
import { cacheOf, cachedFile } from './images.mjs';
import { line, lineOf } from './measuring.mjs';
import { sh } from './support.mjs';

const SUM = 'openssl dgst -sha256';

/** Files that have been written: synced, read back, summed as a whole and by members, at once. */
function readBack(files) {
  const sum = `cat ${files} | ${SUM}`;
  return `sync ${files}; ${sum} & ${sum} & wait`;
}

/** As a pack with a warm cache does: blobs are summed as they are copied. */
export function carry(kit, copy) {
  const archive = line(join(kit, 'bundle.tar'));
  return `tee ${line(copy)} < ${archive} | ${SUM}; ${readBack(line(copy))}`;
}

/** Two groups of images of the set, alike in size and with little in common, exported and encoded side by side. */
export function encodeHalves(engine, { names }) {
  const halves = [names.filter(isInFirst), names.filter((name) => !isInFirst(name))];
  const encode = (half) => `${lineOf(engine.command('save', ...half))} | zstd -3 -T1 -c | ${SUM}`;
  return `${halves
    .filter(({ length }) => length > 0)
    .map(encode)
    .join(' & ')} & wait`;
}

function isInFirst(name) {
  return /kube|temurin|billing|ledger/u.test(name);
}

/** One image that is exported and looked at. */
export function exportOne(engine, name) {
  return `${lineOf(engine.command('save', name))} | ${SUM}`;
}

/** All blobs of some images of a registry, each once: fetched and summed, four at once, and read back. */
export async function fetchAll(host, paths, folder) {
  const urls = new Map();
  for (const path of paths) {
    const [repository, tag] = path.split(':');
    const url = `http://${host}/v2/${repository}`;
    const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
    const answer = await fetch(`${url}/manifests/${tag}`, { headers });
    const { config, layers } = await answer.json();
    for (const { digest } of [config, ...layers]) urls.set(digest, `${url}/blobs/${digest}`);
  }
  const fetchOne = `curl -sf "$0" | tee "$1/$(basename "$0")" | ${SUM}`;
  const list = [...urls.values()].join(' ');
  const all = `echo ${list} | tr ' ' '\\n' | xargs -P 4 -I URL bash -c '${fetchOne}' URL ${line(folder)}`;
  return `mkdir ${line(folder)}; ${all}; ${readBack(`${line(folder)}/*`)}`;
}

/** All blobs of an OCI layout, each once: uploaded, eight at once. */
export function uploadAll(layout, host) {
  const uploads = `http://${host}/v2/limit/blobs/uploads/`;
  const place = `$(curl -sf -X POST -D - -o /dev/null ${uploads} | tr -d '\\r' | sed -n 's/^Location: //pI')`;
  const uploadOne = `curl -sf -T "$0" "${place}&digest=sha256:$(basename "$0")"`;
  const blobs = line(join(layout, 'blobs/sha256'));
  return `find ${blobs} -type f | xargs -P 8 -I BLOB bash -c ${quoted(uploadOne)} BLOB`;
}

function quoted(script) {
  return `'${script.replaceAll("'", String.raw`'\''`)}'`;
}

/** An archive of `docker save` with all images, decoded on its way into an engine. */
export async function decodeInto(engine, set, archive) {
  const encoded = await cachedFile(cacheOf(set), 'all.tar.zst', (path) =>
    sh('zstd -q -3 -T0 -o "$2" "$1"', archive, path),
  );
  return `zstd -dc ${line(encoded)} | ${lineOf(engine.command('load'))}`;
}
