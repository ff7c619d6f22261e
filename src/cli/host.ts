import { fstatSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { addAbortSignal } from 'node:stream';
import type { Host } from '../index.ts';
import { askPassword } from './ask-password.ts';

/** What operations may know of this process. */
export function hostOfProcess(): Host {
  const { env, pid, stdin, stderr } = process;
  const canAsk = stdin.isTTY && stderr.isTTY;
  return {
    environment: env,
    directory: process.cwd(),
    pid,
    user: env['SUDO_USER'] ?? accountOf('username') ?? String(process.getuid?.() ?? 'unknown'),
    home: accountOf('homedir'),
    hostname: hostname(),
    isRoot: process.getuid?.() === 0,
    stdin: { isTerminal: stdin.isTTY, path: redirectedFile(), open: openStdin },
    ...(canAsk ? { askPassword } : {}),
  };
}

/** In a container the user may have no account. */
function accountOf(field: 'username' | 'homedir'): string | undefined {
  try {
    return userInfo()[field];
  } catch {
    return undefined;
  }
}

/** A pipe that nobody writes to would keep the process alive: it is closed with the signal. */
function openStdin(signal?: AbortSignal): AsyncIterable<Uint8Array> {
  return signal === undefined ? process.stdin : addAbortSignal(signal, process.stdin);
}

/** A file that stands at its beginning can be opened once more by this name (proc(5)); a pipe cannot. */
function redirectedFile(): string | undefined {
  try {
    const isAtStart = /^pos:\s+0$/m.test(readFileSync('/proc/self/fdinfo/0', 'utf8'));
    return isAtStart && fstatSync(0).isFile() ? '/dev/stdin' : undefined;
  } catch {
    return undefined;
  }
}
