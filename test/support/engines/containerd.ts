/** containerd with its client ctr, as on a Kubernetes node. */
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from './command.ts';
import type { Command, Outcome } from './command.ts';
import { startDaemon } from './daemon.ts';
import { openFolder } from './folder.ts';
import type { EngineOptions } from './folder.ts';
import { newerCommand } from './newer-tree.ts';

export interface ContainerdEngine {
  /** The path of the socket, as CONTAINERD_ADDRESS takes it. */
  readonly address: string;
  readonly namespace: string;
  readonly folder: string;
  /** Leads airkit to it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly pid: number;
  command(...args: string[]): Command;
  ctr(...args: string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

export interface ContainerdOptions extends EngineOptions {
  /** containerd 2 of the newer tree instead of the system's. Default false. */
  readonly isNewer?: boolean | undefined;
  /** With the plugin that Kubernetes talks to. Default false. */
  readonly hasCri?: boolean | undefined;
}

/** Starts a containerd of its own; `ctr` works in the namespace `k8s.io`. */
export async function startContainerd(options: ContainerdOptions = {}): Promise<ContainerdEngine> {
  const folder = await openFolder('containerd', options);
  const address = join(folder.path, 'containerd.sock');
  const namespace = 'k8s.io';
  const binary = (file: string, args: readonly string[]): Command =>
    options.isNewer === true ? newerCommand(file, args) : { file, args };
  const command = (...args: string[]): Command =>
    binary('ctr', ['--address', address, '--namespace', namespace, ...args]);
  const bin = await writeClient(folder.path, binary('ctr', []));
  const ctr = (...args: string[]): Promise<Outcome> => run(command(...args));
  const config = join(folder.path, 'config.toml');
  await writeFile(config, configuration(folder.path, address, options));
  const daemon = await startDaemon({
    name: 'containerd',
    folder: folder.path,
    command: binary('containerd', ['--config', config]),
    ready: async () => (await ctr('version')).code === 0,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  const environment = {
    CONTAINERD_ADDRESS: address,
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
  };
  const { pid } = daemon;
  return { address, namespace, folder: folder.path, environment, pid, command, ctr, stop };
}

/** A folder whose `ctr` is that client. */
async function writeClient(folder: string, { file, args }: Command): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const quoted = [file, ...args].map((word) => `'${word}'`).join(' ');
  if (file !== 'ctr')
    await writeFile(join(bin, 'ctr'), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return bin;
}

function configuration(folder: string, address: string, options: ContainerdOptions): string {
  const disabled = options.hasCri === true ? [] : ['io.containerd.grpc.v1.cri'];
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ${JSON.stringify(disabled)}
[grpc]
  address = "${address}"
[ttrpc]
  address = "${address}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
`;
}
