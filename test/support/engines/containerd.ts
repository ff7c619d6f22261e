/** containerd with its client ctr, as on a Kubernetes node but without the CRI plugin. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Command, Outcome } from './command.ts';
import { startDaemon } from './daemon.ts';
import { openFolder } from './folder.ts';
import type { EngineOptions } from './folder.ts';

export interface ContainerdEngine {
  /** The path of the socket, as CONTAINERD_ADDRESS takes it. */
  readonly address: string;
  readonly namespace: string;
  readonly folder: string;
  command(...args: string[]): Command;
  ctr(...args: string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts a containerd of its own; `ctr` works in the namespace `k8s.io`. */
export async function startContainerd(options: EngineOptions = {}): Promise<ContainerdEngine> {
  const folder = await openFolder('containerd', options);
  const address = join(folder.path, 'containerd.sock');
  const namespace = 'k8s.io';
  const command = (...args: string[]): Command => ({
    file: 'ctr',
    args: ['--address', address, '--namespace', namespace, ...args],
  });
  const ctr = (...args: string[]): Promise<Outcome> => run(command(...args));
  const config = join(folder.path, 'config.toml');
  await writeFile(config, configuration(folder.path, address));
  const daemon = await startDaemon({
    name: 'containerd',
    folder: folder.path,
    command: { file: 'containerd', args: ['--config', config] },
    ready: async () => (await ctr('version')).code === 0,
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.release();
  };
  return { address, namespace, folder: folder.path, command, ctr, stop };
}

function configuration(folder: string, address: string): string {
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${address}"
[ttrpc]
  address = "${address}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
`;
}
