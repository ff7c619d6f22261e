/**
 * Runs the built command line as a person does, away from this machine's home: cache, configuration, state and receipts
 * go into a folder of the test. Build first (`npm run build`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

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
  json<T = AirkitDocument>(): T;
}

/** Members that every `--json` document may have. */
export interface AirkitDocument {
  readonly schemaVersion: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
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
  throw new Error(`${describe(outcome)}`);
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
  const json = <T>(): T => {
    try {
      const document: T = JSON.parse(plain.stdout);
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
