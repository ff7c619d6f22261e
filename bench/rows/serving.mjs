// Reading a kit where it lies: every byte checked, and every blob served.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLI, line, measure } from '../measuring.mjs';
import { freePort, isListening, sh, startDaemon } from '../support.mjs';

const CLIENT = fileURLToPath(new URL('../blob-client.mjs', import.meta.url));

async function verify(place) {
  const kit = await place.kit('none');
  const { trust } = await place.key();
  const times = await measure(place, [
    { name: 'verify', airkit: ['verify', kit, ...trust] },
    { name: 'openssl', shell: line('openssl', 'dgst', '-sha256', join(kit, 'bundle.tar')) },
  ]);
  return { verify: { ...times.verify, peerSeconds: times.openssl.seconds } };
}

async function serve(place) {
  const kit = await place.kit('zstd');
  const files = join(place.folder, 'served');
  await sh('mkdir "$1" && tar -C "$1" -xf "$2"', files, join(kit, 'bundle.tar'));
  const paths = await blobPaths(kit);
  const served = await startServe(place, kit);
  const nginx = await startNginx(place, files);
  const pull = async (name, port, list) => {
    const file = join(place.folder, `${name}.list`);
    await writeFile(file, list.map((path) => `http://127.0.0.1:${port}${path}\n`).join(''));
    return { name, shell: line(process.execPath, CLIENT, file) };
  };
  const times = await measure(place, [
    await pull(
      'airkit',
      served.port,
      paths.map(({ repository, digest }) => `/v2/${repository}/blobs/${digest}`),
    ),
    await pull(
      'nginx',
      nginx.port,
      paths.map(({ digest }) => `/blobs/${digest.replace(':', '/')}`),
    ),
  ]);
  const mebibytes = await peakOf(served.pid);
  await nginx.stop();
  await served.stop();
  return { serve: { seconds: times.airkit.seconds, peerSeconds: times.nginx.seconds, mebibytes } };
}

/** Every layer and config of the kit once, with a repository that has it. */
async function blobPaths(kit) {
  const { images } = JSON.parse(await readFile(join(kit, 'bundle.json'), 'utf8'));
  const repositories = new Map();
  for (const { reference, manifests } of images) {
    const repository = reference.replace(/^[^/]+\//u, '').replace(/:[^/:]+$/u, '');
    for (const { config, layers } of manifests) {
      for (const { descriptor } of [{ descriptor: config.descriptor ?? config }, ...layers]) {
        repositories.set(descriptor.digest, repository);
      }
    }
  }
  return [...repositories].map(([digest, repository]) => ({ digest, repository }));
}

async function startServe(place, kit) {
  const port = await freePort();
  const { trust } = await place.key();
  const args = [CLI, 'serve', kit, ...trust, '--listen', `127.0.0.1:${port}`];
  return startServer(place, {
    name: 'airkit-serve',
    port,
    command: { file: process.execPath, args, env: place.environment },
  });
}

async function startNginx(place, files) {
  const port = await freePort();
  const config = join(place.folder, 'nginx.conf');
  await writeFile(config, nginxConfiguration(place.folder, port, files));
  const args = ['-p', place.folder, '-c', config, '-e', join(place.folder, 'nginx-error.log')];
  return startServer(place, { name: 'nginx', port, command: { file: '/usr/sbin/nginx', args } });
}

async function startServer(place, { name, port, command }) {
  const options = { name, folder: place.folder, command, ready: () => isListening(port) };
  return { ...place.keep(await startDaemon(options)), port };
}

function nginxConfiguration(folder, port, files) {
  return `daemon off; worker_processes 2; user root; pid ${folder}/nginx.pid;
events {}
http {
  sendfile on; access_log off; client_body_temp_path ${folder}/nginx-body;
  server { listen 127.0.0.1:${port}; root ${files}; }
}
`;
}

/** The peak resident memory of a running process, in MiB. */
async function peakOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(status)[1]) / 1024;
}

export const serving = [
  { rows: ['verify'], run: verify },
  { rows: ['serve'], run: serve },
];
