/** Starts and stops one engine's daemon in a folder of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf } from './command.ts';
import type { Command } from './command.ts';
import { unmountBelow } from './mounts.ts';

export interface DaemonOptions {
  /** Names the log file in the folder, and the daemon in errors. */
  readonly name: string;
  readonly folder: string;
  readonly command: Command;
  /** True once the daemon answers; asked again and again until then. */
  readonly ready: () => Promise<boolean>;
}

export interface Daemon {
  /** The process of the command itself: wrappers replace themselves by it. */
  readonly pid: number;
  /** Ends the daemon and unmounts what it left mounted below its folder. A second call does nothing. */
  stop(): Promise<void>;
}

const startLimit = 30_000;
const stopLimit = 20_000;

/** Starts the daemon and waits until it is ready; on failure shows the end of its log. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const child = spawnDaemon(options);
  const stop = (): Promise<void> => stopDaemon(child, options.folder);
  try {
    await untilReady(child, options.ready);
  } catch (cause) {
    await stop();
    throw new Error(`${options.name} did not start\n${await endOfLog(options)}`, { cause });
  }
  return { pid: child.pid ?? 0, stop };
}

/** `setpriv --pdeathsig` ends the daemon also when the test process is killed. */
function spawnDaemon({ name, folder, command }: DaemonOptions): ChildProcess {
  const log = openSync(logFile(name, folder), 'a');
  const args = ['--pdeathsig', 'TERM', command.file, ...command.args];
  const child = spawn('setpriv', args, {
    cwd: folder,
    env: environmentOf(command),
    stdio: ['ignore', log, log],
  });
  child.on('error', () => undefined); // seen as a daemon that never gets ready
  closeSync(log);
  return child;
}

async function untilReady(child: ChildProcess, ready: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + startLimit;
  while (!(await ready())) {
    if (hasEnded(child)) throw new Error(`ended with ${child.exitCode ?? child.signalCode}`);
    if (performance.now() > deadline) throw new Error(`not ready after ${startLimit} ms`);
    await sleep(50);
  }
}

async function stopDaemon(child: ChildProcess, folder: string): Promise<void> {
  if (!hasEnded(child)) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimit);
    await ended;
    clearTimeout(timer);
  }
  await unmountBelow(folder);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function endOfLog({ name, folder }: DaemonOptions): Promise<string> {
  const log = await readFile(logFile(name, folder), 'utf8');
  return log.split('\n').slice(-40).join('\n');
}

function logFile(name: string, folder: string): string {
  return join(folder, `${name}.log`);
}
