/** Runs the built command line as a person would, away from this machine's home. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Site } from './site.ts';

export const CLI: string = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Default: the site's folder. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Another node. */
  readonly node?: string;
  /** Called with the process once it runs. */
  readonly started?: (pid: number) => void;
}

export async function airkit(
  site: Site,
  args: readonly string[],
  { cwd = site.folder, env = {}, node = process.execPath, started }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [CLI, ...args], {
      cwd,
      env: { ...site.environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
    if (child.pid !== undefined) started?.(child.pid);
  });
}

/** What a document on stdout may hold. */
export interface JsonDocument {
  readonly schemaVersion: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly [member: string]: unknown;
}

/** The one document on stdout. @throws when stdout is anything else */
export function documentOf({ stdout, stderr }: Outcome): JsonDocument {
  try {
    const document: JsonDocument = JSON.parse(stdout);
    return document;
  } catch {
    throw new Error(`stdout is not one JSON document:\n${stdout}\nstderr:\n${stderr}`);
  }
}

/** Runs with `--json`. */
export async function airkitJson(
  site: Site,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number | null; document: JsonDocument; stderr: string }> {
  const outcome = await airkit(site, [...args, '--json'], options);
  return { code: outcome.code, document: documentOf(outcome), stderr: outcome.stderr };
}
