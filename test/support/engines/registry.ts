/** The distribution registry on a loopback port. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';
import { openFolder } from './folder.ts';
import type { EngineOptions } from './folder.ts';

export interface RegistryOptions extends EngineOptions {
  /** A file of htpasswd's bcrypt lines; without it everyone may push. */
  readonly htpasswd?: string | undefined;
  /** PEM files; without them plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
}

export interface RegistryEngine {
  /** `127.0.0.1:PORT`, as image names begin. */
  readonly host: string;
  readonly folder: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts an empty registry that allows deletion. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RegistryEngine> {
  const folder = await openFolder('registry', options);
  const port = await freePort();
  const config = join(folder.path, 'config.yml');
  await writeFile(config, configuration(folder.path, port, options));
  const daemon = await startDaemon({
    name: 'registry',
    folder: folder.path,
    command: { file: 'docker-registry', args: ['serve', config] },
    ready: () => isListening(port),
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  return { host: `127.0.0.1:${port}`, folder: folder.path, pid: daemon.pid, stop };
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Whether something accepts connections on a loopback port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => {
      answer(true);
    });
    socket.once('error', () => {
      answer(false);
    });
  });
}

/** JSON is YAML. */
function configuration(folder: string, port: number, options: RegistryOptions): string {
  const { htpasswd, tls } = options;
  const auth = { htpasswd: { realm: 'test', path: htpasswd } };
  return JSON.stringify({
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, ...(tls === undefined ? {} : { tls }) },
    ...(htpasswd === undefined ? {} : { auth }),
  });
}
