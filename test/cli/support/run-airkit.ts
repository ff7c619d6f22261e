/** Runs the built command line as a person would, away from this machine's home. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { Problem } from '../../../src/index.ts';
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
  /** Beside the site's own; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface SpawnOptions extends RunOptions {
  /** Flags of node itself. */
  readonly nodeFlags?: readonly string[];
  /** Another node. */
  readonly node?: string;
  /** What is piped in, the descriptor of a file that is redirected, or a pipe that stays open. Default: nothing. */
  readonly input?: Uint8Array | number | 'open';
  /** Takes stdout's bytes, which then are no text. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Called with the process once it runs. */
  readonly started?: (child: ChildProcess) => void | Promise<void>;
}

/** Runs a command in a process of its own. */
export async function spawnAirkit(
  site: Site,
  args: readonly string[],
  {
    node = process.execPath,
    nodeFlags = [],
    started,
    input,
    onOutput,
    ...options
  }: SpawnOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { cwd, env } = placeOf(site, options);
    const child = spawn(node, [...nodeFlags, CLI, ...args], {
      cwd,
      env,
      stdio: [
        typeof input === 'number' ? input : input === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
      ],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', onOutput ?? ((chunk: Buffer) => (said.stdout += chunk.toString())));
    child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.stdin?.on('error', () => undefined); // It may be closed before all is read.
    if (typeof input === 'object') child.stdin?.end(input);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said }));
    Promise.resolve(started?.(child)).catch(reject);
  });
}

/** Runs a command in a process that earlier commands of this test file have warmed. */
export async function airkit(
  site: Site,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const child = (warm ??= startWarm());
  const id = (count += 1);
  return new Promise((resolve, reject) => {
    const listen = (answer: Outcome & { id: number }): void => {
      if (answer.id !== id) return;
      child.off('message', listen);
      const { code, stdout, stderr } = answer;
      resolve({ code, stdout, stderr });
    };
    child.on('message', listen);
    child.once('error', reject);
    child.send({ id, args, ...placeOf(site, options) });
  });
}

/** What a document on stdout may hold. */
export interface JsonDocument {
  readonly schemaVersion: number;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly problems?: readonly Problem[];
  };
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

/** {@link airkit} with `--json`. */
export async function airkitJson(
  site: Site,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number | null; document: JsonDocument; stderr: string }> {
  const outcome = await airkit(site, [...args, '--json'], options);
  return { code: outcome.code, document: documentOf(outcome), stderr: outcome.stderr };
}

let warm: ChildProcess | undefined;
let count = 0;

function startWarm(): ChildProcess {
  const script = fileURLToPath(new URL('warm-airkit.mjs', import.meta.url));
  const child = fork(script, [], { stdio: 'ignore', execArgv: [] });
  child.setMaxListeners(0);
  return child;
}

afterAll(() => {
  warm?.disconnect();
  warm = undefined;
});

function placeOf(
  site: Site,
  { cwd = site.folder, env = {} }: RunOptions,
): { cwd: string; env: Record<string, string> } {
  const all = Object.entries({ ...site.environment, ...env });
  return {
    cwd,
    env: Object.fromEntries(
      all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
}
