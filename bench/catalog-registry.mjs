// A registry of many repositories for the row that plans over it: node catalog-registry.mjs PORT REPOSITORIES.
// Every repository has twenty tags; of every twentieth repository, one tag ends with -k8s.
import { createServer } from 'node:http';
import { digestOf, json } from './layout.mjs';

const TAGS = 20;
const PAGE = 100;
const OCI = 'application/vnd.oci.image';
const MANIFEST = `${OCI}.manifest.v1+json`;

const [port, count] = process.argv.slice(2).map(Number);
const names = Array.from(
  { length: count },
  (_, index) => `team-${index % 25}/service-${String(index).padStart(4, '0')}`,
).toSorted();
/** Bytes and media types of what was asked for by tag. */
const known = new Map();

const ROUTES = [
  [/^\/v2\/$/u, () => answer('application/json', {})],
  [
    /^\/v2\/_catalog$/u,
    (_, query) => page('/v2/_catalog', { key: 'repositories', list: names, query }),
  ],
  [
    /^\/v2\/(.+)\/tags\/list$/u,
    ([name], query) =>
      page(`/v2/${name}/tags/list`, { key: 'tags', list: tagsOf(name), query, name }),
  ],
  [/^\/v2\/.+\/(?:manifests|blobs)\/(sha256:[0-9a-f]{64})$/u, ([digest]) => known.get(digest)],
  [/^\/v2\/(.+)\/manifests\/(.+)$/u, ([name, tag]) => imageOf(name, tag)],
];

createServer((request, response) => {
  const url = new URL(request.url, 'http://registry');
  const found = respond(url) ?? {
    status: 404,
    headers: {},
    bytes: json({ errors: [{ code: 'NOT_FOUND' }] }),
  };
  response.writeHead(found.status ?? 200, {
    ...found.headers,
    'content-length': found.bytes.length,
  });
  response.end(request.method === 'HEAD' ? undefined : found.bytes);
}).listen(port, '127.0.0.1');

function respond(url) {
  for (const [pattern, route] of ROUTES) {
    const match = pattern.exec(url.pathname);
    if (match !== null) return route(match.slice(1), url.searchParams);
  }
  return undefined;
}

/** Pages as registries give them, never more than a hundred names (distribution-spec 1.1, "Listing Tags"). */
function page(path, { key, list, query, name }) {
  const size = Math.min(Number(query.get('n') ?? PAGE), PAGE);
  const last = query.get('last');
  const start = last === null ? 0 : list.indexOf(last) + 1;
  const part = list.slice(start, start + size);
  const more = start + size < list.length;
  const link = more ? { link: `<${path}?n=${size}&last=${part.at(-1)}>; rel="next"` } : {};
  return answer('application/json', { ...(name === undefined ? {} : { name }), [key]: part }, link);
}

function tagsOf(name) {
  const index = Number(name.slice(-4));
  const tags = Array.from({ length: TAGS }, (_, minor) => `v1.${minor}.0`);
  return index % TAGS === 0 ? [...tags.slice(1), 'v1.20.0-k8s'] : tags;
}

/** Two layers that all images share, two of the repository, one of the tag. */
function imageOf(name, tag) {
  if (!names.includes(name) || !tagsOf(name).includes(tag)) return undefined;
  const layers = ['base', 'runtime', name, `${name} libraries`, `${name}:${tag}`].map((text) => ({
    mediaType: `${OCI}.layer.v1.tar+gzip`,
    digest: digestOf(text),
    size: 1_000_000 + text.length,
  }));
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digestOf(digest)) };
  const config = remember(`${OCI}.config.v1+json`, {
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { name } },
    rootfs,
  });
  return known.get(
    remember(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers }).digest,
  );
}

function remember(mediaType, value) {
  const found = answer(mediaType, value);
  const digest = digestOf(found.bytes);
  known.set(digest, { ...found, headers: { ...found.headers, 'docker-content-digest': digest } });
  return { mediaType, digest, size: found.bytes.length };
}

function answer(mediaType, value, headers = {}) {
  return { headers: { 'content-type': mediaType, ...headers }, bytes: json(value) };
}
