import { isAbsolute, join, resolve } from 'node:path';
import { AirkitError } from '../errors.ts';
import type { ByteStream } from '../content/operation.ts';

/** What operations may know of the process that runs them; they look at nothing else of it. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths on the command line start here. */
  readonly directory: string;
  /** Number of the process, for locks. */
  readonly pid: number;
  /** Who runs the process, for receipts: behind sudo, the person who called it. */
  readonly user: string;
  readonly hostname: string;
  /** Of the user, where HOME does not say it. */
  readonly home?: string | undefined;
  readonly isRoot: boolean;
  /** Absolute; where the machine's configuration is. Default `/etc`. */
  readonly systemFolder?: string | undefined;
  /** What is piped in; absent where nothing can be. */
  readonly stdin?: StandardInput | undefined;
  /** Asks a person for a password; absent where nobody can be asked. */
  readonly askPassword?: ((prompt: string) => Promise<string>) | undefined;
}

/** The standard input of the process. */
export interface StandardInput {
  readonly isTerminal: boolean;
  /** Where the same bytes can be read in any order: set for a file that was redirected. */
  readonly path?: string | undefined;
  /** Its bytes, once; they end with an error as soon as the signal aborts, even while nothing comes. */
  open(signal?: AbortSignal): ByteStream;
}

/**
 * Where exported content is kept: `$XDG_CACHE_HOME/airkit`, by default `~/.cache/airkit`.
 *
 * @throws AirkitError USAGE when neither is known
 */
export function cacheFolderOf(host: Host): string {
  return join(
    requireFolder(personalFolder(host, 'XDG_CACHE_HOME', '.cache'), 'XDG_CACHE_HOME'),
    'airkit',
  );
}

/**
 * Where trusted keys are looked for beside those of `--trust`: the person's folder, then the machine's. Never anything
 * relative to the working directory: that may be the kit's own folder.
 */
export function trustFoldersOf(host: Host): string[] {
  return configurationPaths(host, 'airkit', 'trust');
}

/**
 * The one of {@link trustFoldersOf} to write to.
 *
 * @throws AirkitError USAGE for a user without a home, unless the machine's folder is meant
 */
export function ownTrustFolderOf(
  host: Host,
  { system = false }: { system?: boolean | undefined },
): string {
  const { systemFolder = SYSTEM_FOLDER } = host;
  const base = system ? systemFolder : personalFolder(host, 'XDG_CONFIG_HOME', '.config');
  return join(requireFolder(base, 'XDG_CONFIG_HOME'), 'airkit', 'trust');
}

/** Where it stands how registries are reached: the person's file, then the machine's. */
export function registriesFilesOf(host: Host): string[] {
  return configurationPaths(host, 'airkit', 'registries.yaml');
}

/** `certs.d` folders of podman and docker, of the person (rootless engines) and of the machine. */
export function certificateFoldersOf(host: Host): string[] {
  return ['containers', 'docker'].flatMap((engine) => configurationPaths(host, engine, 'certs.d'));
}

const SYSTEM_FOLDER = '/etc';

/** The person's path first, then the machine's. */
function configurationPaths(host: Host, ...parts: string[]): string[] {
  const { systemFolder = SYSTEM_FOLDER } = host;
  const base = personalFolder(host, 'XDG_CONFIG_HOME', '.config');
  return [base, systemFolder].flatMap((folder) =>
    folder === undefined ? [] : [join(folder, ...parts)],
  );
}

/** Where receipts are kept: `/var/lib/airkit/receipts` as root, else `$XDG_STATE_HOME/airkit/receipts`. */
export function receiptFolderOf(host: Host): string {
  if (host.isRoot) return '/var/lib/airkit/receipts';
  const base = requireFolder(
    personalFolder(host, 'XDG_STATE_HOME', '.local/state'),
    'XDG_STATE_HOME',
  );
  return join(base, 'airkit', 'receipts');
}

/** An absolute path for one given on the command line. */
export function resolvePath({ directory }: Host, path: string): string {
  return resolve(directory, path);
}

/**
 * Seconds of SOURCE_DATE_EPOCH as RFC 3339; undefined where it is not set.
 *
 * @throws AirkitError USAGE for what is no number of seconds
 */
export function createdOf({ environment }: Host): string | undefined {
  const seconds = nonEmpty(environment['SOURCE_DATE_EPOCH']);
  if (seconds === undefined) return undefined;
  if (!/^\d{1,11}$/.test(seconds)) {
    throw new AirkitError(
      'USAGE',
      `SOURCE_DATE_EPOCH: ${JSON.stringify(seconds)} is no number of seconds`,
      {
        hint: 'It counts seconds since 1970: git log -1 --format=%ct',
      },
    );
  }
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

/** A folder of the XDG base directories; relative paths are ignored, as that specification says. */
function personalFolder(host: Host, variable: string, underHome: string): string | undefined {
  const own = host.environment[variable];
  if (own !== undefined && isAbsolute(own)) return own;
  const home = host.environment['HOME'] ?? host.home;
  return home !== undefined && isAbsolute(home) ? join(home, underHome) : undefined;
}

function requireFolder(folder: string | undefined, variable: string): string {
  if (folder !== undefined) return folder;
  throw new AirkitError('USAGE', 'this user has no home folder', {
    hint: `Set HOME or ${variable} to an absolute path.`,
  });
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
