import { hostname, userInfo } from 'node:os';
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
