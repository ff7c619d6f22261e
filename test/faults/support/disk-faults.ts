/** Makes single calls on files fail, in an airkit that a test starts: `disk-faults.c`, loaded before libc. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';

/** What a call ends with. */
export type DiskFault = 'EIO' | 'ENOSPC' | 'EROFS' | 'EACCES' | 'EMFILE' | 'SIGKILL' | 'short';

export interface FaultPlan {
  readonly fault: DiskFault;
  /** The first call that fails, from 1; 0 for none, which counts them. */
  readonly at: number;
  /** Only calls that read, or only those that change something. Default: both. */
  readonly only?: 'reads' | 'changes' | undefined;
}

/** How many calls there were below the folder, and how many of them failed. */
export interface FaultTale {
  readonly calls: number;
  readonly injected: number;
}

/** A disk that is full, or read-only, stays so; other faults come once. */
const LASTING: ReadonlySet<DiskFault> = new Set(['ENOSPC', 'EROFS']);

/** Compiles the library. @returns its path */
export function buildDiskFaults(folder: string): string {
  const source = fileURLToPath(new URL('disk-faults.c', import.meta.url));
  const library = join(folder, 'disk-faults.so');
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  return library;
}

/** Variables for a process in which a call on a file below a folder fails. */
export function faultEnvironment(
  library: string,
  below: string,
  { fault, at, only }: FaultPlan,
): Record<string, string> {
  return {
    LD_PRELOAD: library,
    UV_USE_IO_URING: '0', // Its calls would not pass through libc.
    FAULT_BELOW: below,
    FAULT_AT: String(at),
    FAULT_DO: String(actionOf(fault)),
    FAULT_LASTS: LASTING.has(fault) ? '1' : '0',
    FAULT_READS: only === undefined ? '-1' : only === 'reads' ? '1' : '0',
    FAULT_TELLS: taleFile(library),
  };
}

/** What the last process told; none where it could not tell anything. */
export async function takeTale(library: string): Promise<FaultTale> {
  const text = await readFile(taleFile(library), 'utf8').catch(() => '0 0');
  await rm(taleFile(library), { force: true });
  const [calls = 0, injected = 0] = text.split(' ').map(Number);
  return { calls, injected };
}

/** A `describe` whose tests need the library. */
export function describeWithDiskFaults(title: string, body: () => void): void {
  if (spawnSync('gcc', ['--version'], { stdio: 'ignore' }).error === undefined) {
    describe(title, body);
  } else if (process.env['AIRKIT_REQUIRE_ENGINES'] === '1') {
    test(title, () => {
      throw new Error('gcc is not installed');
    });
  } else {
    describe.skip(`${title} [skipped: gcc is not installed]`, body);
  }
}

function taleFile(library: string): string {
  return `${library}.tale`;
}

function actionOf(fault: DiskFault): number {
  if (fault === 'SIGKILL') return -1;
  return fault === 'short' ? -2 : constants.errno[fault];
}
