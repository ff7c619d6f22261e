/**
 * Runs the built command line as a person does, away from this machine's home: cache, configuration, state and receipts
 * go into a folder of the test. Build first (`npm run build`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { guardEnvironment } from './network-guard.ts';

/** The password of keys that `airkit keygen` makes here. */
export const KEY_PASSWORD = 'engines and people';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How a command ended. */
export interface AirkitOutcome {
  readonly command: string;
  /** −1 when a signal ended the process. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON document on stdout. @throws when stdout holds anything else, showing stderr */
  json(): AirkitDocument;
}

/** The `--json` documents of all commands in one: a command gives the members that its part of this list names. */
export interface AirkitDocument {
  readonly schemaVersion: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  // plan
  readonly bundles: readonly PlannedBundle[];
  readonly why: readonly PlannedImage[];
  // pack
  readonly kits: readonly PackedKit[];
  // verify
  readonly ok: boolean;
  readonly complete: boolean;
  readonly findings: readonly Finding[];
  readonly signers: readonly { readonly keyId: string; readonly trusted: boolean }[];
  // load
  readonly target: string;
  readonly dryRun: boolean;
  readonly results: readonly TargetResult[];
  readonly sentBytes: number;
  readonly receipt: string;
  // diff
  readonly images: readonly { readonly reference: string; readonly change: string }[];
  readonly travel: { readonly blobs: number; readonly bytes: number };
  // keygen
  readonly keyId: string;
}

export interface PlannedBundle {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly images: readonly PlannedImage[];
  readonly totals: Totals;
  readonly kit: { readonly bytes: number; readonly kind: 'exact' | 'upperBound' };
  readonly skipped: readonly string[];
}

export interface PlannedImage {
  readonly reference: string;
  readonly original: string;
  readonly from: string;
  readonly pattern: string;
  readonly platforms: readonly string[];
  readonly root?: string;
  readonly imageId?: string;
  readonly size: number;
  readonly uniqueBytes: number;
  readonly sharedBytes: number;
}

export interface Totals {
  readonly imageBytes: number;
  readonly blobBytes: number;
  readonly savedBytes: number;
  readonly exact: boolean;
}

export interface PackedKit {
  readonly name: string;
  readonly path: string;
  readonly archive: { readonly bytes: number; readonly sha256: string };
  readonly signedBy: string | null;
  readonly images: readonly PlannedImage[];
  readonly totals: Totals;
  readonly warnings: readonly string[];
}

export interface TargetResult {
  readonly reference: string;
  readonly status: string;
  readonly before?: string;
  readonly after?: string;
  readonly message?: string;
}

export interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly subject?: string;
}

/** A command that runs. */
export interface RunningAirkit {
  readonly process: ChildProcess;
  readonly done: Promise<AirkitOutcome>;
}

export interface AirkitPlace {
  /** Where commands run; relative paths start here. */
  readonly folder: string;
  /** The content cache of the commands. */
  readonly cache: string;
  /** Where `load` writes its receipt unless `--receipt` says otherwise. */
  readonly receipt: string;
  path(...parts: string[]): string;
  airkit(...args: string[]): Promise<AirkitOutcome>;
  /** Starts a command without waiting, for signals. */
  start(...args: string[]): RunningAirkit;
  /** The same place with further variables; undefined takes one away. */
  with(environment: Environment): AirkitPlace;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A place to run airkit in: a folder with a home of its own in `home/`. DOCKER_HOST is whatever `environment` says. */
export async function makeAirkitPlace(
  folder: string,
  environment: Environment = {},
): Promise<AirkitPlace> {
  await mkdir(join(folder, 'home'), { recursive: true });
  return place(folder, environment);
}

/** The outcome of a command that must end with 0. @throws with what the command said */
export async function succeeds(running: Promise<AirkitOutcome>): Promise<AirkitOutcome> {
  const outcome = await running;
  if (outcome.code === 0) return outcome;
  throw new Error(describe(outcome));
}

function place(folder: string, environment: Environment): AirkitPlace {
  const path = (...parts: string[]): string => join(folder, ...parts);
  const env: Environment = { ...homeOf(folder), ...environment };
  const receipt = path('home', 'receipt.json');
  const start = (...args: string[]): RunningAirkit =>
    startAirkit(args[0] === 'load' ? withReceipt(args, receipt) : args, { folder, env });
  return {
    folder,
    cache: join(env['XDG_CACHE_HOME'] ?? '', 'airkit'),
    receipt,
    path,
    start,
    airkit: async (...args) => start(...args).done,
    with: (more) => place(folder, { ...environment, ...more }),
  };
}

function homeOf(folder: string): Environment {
  const home = join(folder, 'home');
  return {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    AIRKIT_KEY_PASSWORD: KEY_PASSWORD,
    NO_COLOR: '1',
    ...guardEnvironment(),
  };
}

/** As root, airkit would write its receipts below /var/lib. */
function withReceipt(args: string[], receipt: string): string[] {
  return args.includes('--receipt') ? args : [...args, '--receipt', receipt];
}

function startAirkit(
  args: readonly string[],
  { folder, env }: { readonly folder: string; readonly env: Environment },
): RunningAirkit {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve(exitCode ?? -1));
  });
  const command = `airkit ${args.join(' ')}`;
  const done = Promise.all([text(child.stdout), text(child.stderr), code]).then(
    ([stdout, stderr, exitCode]) => outcomeOf({ command, code: exitCode, stdout, stderr }),
  );
  return { process: child, done };
}

function outcomeOf(plain: Omit<AirkitOutcome, 'json'>): AirkitOutcome {
  const json = (): AirkitDocument => {
    try {
      const document: AirkitDocument = JSON.parse(plain.stdout);
      return document;
    } catch {
      throw new Error(`stdout is not one JSON document\n${describe(plain)}`);
    }
  };
  return { ...plain, json };
}

function describe({ command, code, stdout, stderr }: Omit<AirkitOutcome, 'json'>): string {
  return `${command}\nexit code ${code}\n${stderr}${stdout}`;
}
