// Every row with its peer and its bars, in one place. No row changes here because a measurement came out badly.

/**
 * `ratio`, `sizeRatio` and `rssRatio` are airkit's figure over the peer's, at most; `seconds` and `mebibytes` (peak
 * resident memory) are airkit's own, at most.
 *
 * @typedef {{ ratio?: number, sizeRatio?: number, rssRatio?: number, seconds?: number, mebibytes?: number }} Bars
 * @typedef {{ title: string, peer: string, bars: Bars }} Row
 */

const gzipLoad = '`docker load` of the same archive with gzip layers, empty engine';
const gzipLoadAgain = '`docker load` again';
const large = '10,000 images, 60,000 blobs';
const underFive = { seconds: 5, mebibytes: 400 };
const flat = { rssRatio: 1.15, mebibytes: 300 };

/** @type {Record<string, Row>} */
export const ROWS = {
  'pack-cold': row('pack all, cold cache, zstd, signed', '`docker save -o`, uncompressed', {
    ratio: 0.75,
  }),
  'pack-gzip': row('the same', '`docker save | gzip` to a file', { ratio: 0.2, sizeRatio: 1 }),
  'pack-again': row('pack again into a fresh folder, nothing changed', '`docker save -o` of all', {
    ratio: 0.15,
  }),
  'pack-changed': row(
    'pack again, one image changed',
    '`docker save -o` of that image + `cp` and fsync of the kit',
    { ratio: 1.3 },
  ),
  'pack-registry': row(
    'pack from a loopback registry, cold, signed, read back',
    'skopeo copies to an OCI layout, then tar',
    { ratio: 0.6 },
  ),
  'pack-registry-crane': row('the same', 'one `crane pull` of all to a tarball, then sync', {
    ratio: 1.6,
  }),
  'kit-size': row('kit size, classic store, zstd', '`docker save | zstd -3`', { sizeRatio: 1.02 }),
  verify: row(
    'verify a kit of uncompressed layers, every byte',
    '`openssl dgst -sha256` of the archive',
    {
      ratio: 1.3,
    },
  ),
  'load-empty': row('load all into an empty classic docker', gzipLoad, { ratio: 0.95 }),
  'load-missing': row('load when one small image is missing', gzipLoad, { ratio: 0.08 }),
  'load-again': row('load when nothing is missing', gzipLoadAgain, { ratio: 0.3 }),
  'containerd-load-empty': row('containerd store: load all into an empty docker', gzipLoad, {
    ratio: 1,
  }),
  'containerd-load-missing': row('containerd store: one small image is missing', gzipLoad, {
    ratio: 0.15,
  }),
  'containerd-load-again': row('containerd store: nothing is missing', gzipLoadAgain, {
    ratio: 0.3,
  }),
  'registry-load': row('load into an empty registry', 'skopeo copy of each, same blobs', {
    ratio: 0.5,
  }),
  'registry-load-again': row('load into a registry that has all', 'skopeo copy of each, again', {
    ratio: 0.7,
  }),
  serve: row(
    'serve: all blobs pulled and hashed, 8 at once',
    'nginx with the same blobs as files',
    {
      ratio: 1.3,
    },
  ),
  'plan-registry': row('plan over 1,000 repositories × 20 tags, 50 matches', '–', {
    seconds: 5,
    mebibytes: 200,
  }),
  'large-plan': row(`plan: ${large}`, '–', underFive),
  'large-verify': row(`verify --quick: ${large}`, '–', underFive),
  'large-inspect': row(`inspect: ${large}`, '–', underFive),
  version: row('`airkit --version`', '`node -e 0`', { ratio: 2 }),
  help: row('`airkit --help`', '`node -e 0`', { ratio: 2 }),
  'memory-pack': row('peak memory of pack, 20 GB of large layers', 'the same with 2 GB', flat),
  'memory-verify': row('peak memory of verify, 20 GB', 'the same with 2 GB', flat),
  'memory-load': row('peak memory of load, 20 GB', 'the same with 2 GB', flat),
};

function row(title, peer, bars) {
  return { title, peer, bars };
}

const carried = 'each blob summed and written, then synced, read back and summed twice at once';
const halves = '`docker save | zstd -3 -T1 | openssl dgst` of two halves at once';
const fetched = `\`curl\`, 4 at once; ${carried}`;

/**
 * What other tools do of the work of a row, where that is measured beside it: no bar, but what is possible on the machine.
 *
 * @type {Record<string, string>}
 */
export const LIMITS = {
  'pack-cold': halves,
  'pack-gzip': halves,
  'pack-again': carried,
  'pack-changed': `\`docker save | openssl dgst\` of that image; ${carried}`,
  'pack-registry': fetched,
  'pack-registry-crane': fetched,
  'load-empty': '`zstd -dc | docker load` of an archive of `docker save`',
  'registry-load': '`curl` of each blob once, 8 at once, no manifests',
};

/**
 * What a row measured: seconds, bytes, and peak resident memory in mebibytes.
 *
 * @typedef {{
 *   seconds?: number, peerSeconds?: number, limitSeconds?: number, bytes?: number, peerBytes?: number, mebibytes?: number, peerMebibytes?: number,
 * }} Figures
 */

const FIGURES = {
  ratio: ({ seconds, peerSeconds }) => seconds / peerSeconds,
  sizeRatio: ({ bytes, peerBytes }) => bytes / peerBytes,
  rssRatio: ({ mebibytes, peerMebibytes }) => mebibytes / peerMebibytes,
  seconds: ({ seconds }) => seconds,
  mebibytes: ({ mebibytes }) => mebibytes,
};

/**
 * Each bar of a row beside what was measured.
 *
 * @param {string} id
 * @param {Figures} figures
 */
export function judge(id, figures) {
  return Object.entries(ROWS[id].bars).map(([kind, bar]) => {
    const value = FIGURES[kind](figures);
    return { kind, bar, value, met: value <= bar };
  });
}
