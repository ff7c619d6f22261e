import { isAbsolute, resolve, win32 } from 'node:path';
import { AirkitError } from '../errors.ts';
import type { Complaint } from './complaint.ts';
import { didYouMean } from './did-you-mean.ts';
import { isHost, registryPrefixComplaint, splitHost } from './registry-host.ts';

const ENGINES = ['docker', 'podman', 'containerd', 'docker+ssh'] as const;
const FILE_MEDIA = ['oci', 'docker-archive', 'oci-archive', 'rootfs'] as const;
/** Everything that `from` can start with. */
export type SourceTransport = (typeof ENGINES)[number] | 'registry' | (typeof FILE_MEDIA)[number];
const SOURCE_TRANSPORTS: readonly SourceTransport[] = [...ENGINES, 'registry', ...FILE_MEDIA];

/** A medium to read images from. */
export interface SourceLocation {
  readonly transport: SourceTransport;
  /** Absolute; of oci, docker-archive, oci-archive and rootfs. */
  readonly path?: string | undefined;
  /** HOST or HOST:PORT; of registry (absent: references name their own) and docker+ssh. */
  readonly host?: string | undefined;
  /** Of registry: start of every repository, without slashes at its ends. */
  readonly prefix?: string | undefined;
  /** Of containerd. */
  readonly namespace?: string | undefined;
  /** Of docker+ssh. */
  readonly user?: string | undefined;
}

/** True for media that are a file or folder, and so hold exactly what they hold. */
export function isFileMedium(transport: SourceTransport): boolean {
  return FILE_MEDIA.some((medium) => medium === transport);
}

/**
 * Reads `docker`, `containerd:NAMESPACE`, `registry://HOST/PREFIX`, `oci:DIR`, … from `from` and the command line.
 *
 * @param directory absolute; what a relative path is relative to
 * @throws AirkitError USAGE
 */
export function parseSourceLocation(text: string, directory: string): SourceLocation {
  const read = readSource(text);
  if ('code' in read) throw new AirkitError('USAGE', read.message, { hint: read.hint });
  return read.path === undefined ? read : { ...read, path: resolve(directory, read.path) };
}

/** What is wrong with a source, if anything. */
export function sourceComplaint(text: string): Complaint | undefined {
  const read = readSource(text);
  return 'code' in read ? read : undefined;
}

/** A source as the bundle index records it: as written, but of an absolute path only the last part. */
export function sourceText(text: string): string {
  const [transport = '', ...rest] = text.split(':');
  const path = rest.join(':');
  if (!FILE_MEDIA.some((medium) => medium === transport)) return text;
  if (!isAbsolute(path) && !win32.isAbsolute(path)) return text;
  return `${transport}:${path.split(/[\\/]/).findLast((part) => part !== '') ?? ''}`;
}

/** The transport is checked; `path` is as written. */
function readSource(text: string): SourceLocation | Complaint {
  const [, scheme = '', separator = '', rest = ''] = /^([^:]*)(:\/\/|:|)([^]*)$/.exec(text) ?? [];
  const transport = SOURCE_TRANSPORTS.find((known) => known === scheme);
  if (transport === undefined) return unknownTransport(text, scheme);
  return READERS[transport](transport, separator, rest);
}

type Reader = (
  transport: SourceTransport,
  separator: string,
  rest: string,
) => SourceLocation | Complaint;

const readEngine: Reader = (transport, separator, rest) => {
  if (separator === '') return { transport };
  if (separator === '://' && rest !== '') {
    return invalid(
      `${transport} is the local engine and takes no address`,
      `Did you mean "registry://${rest}"? A remote engine is docker+ssh://[USER@]HOST.`,
    );
  }
  return invalid(`${transport} is the local engine and takes nothing after the colon`, HINT);
};

const readContainerd: Reader = (transport, separator, rest) => {
  if (separator === '') return { transport };
  if (separator === ':' && /^[A-Za-z0-9][\w.-]*$/.test(rest)) return { transport, namespace: rest };
  return invalid(
    'containerd takes the name of a namespace',
    'Write containerd or containerd:k8s.io.',
  );
};

const readRegistry: Reader = (transport, separator, rest) => {
  if (separator === '') return { transport };
  if (separator === ':') {
    return invalid('the host of a registry follows "://"', `Did you mean "registry://${rest}"?`);
  }
  const complaint = registryPrefixComplaint(rest);
  if (complaint !== undefined) return complaint;
  const { host, prefix } = splitHost(rest);
  const canonical = host === 'index.docker.io' ? 'docker.io' : host;
  return { transport, host: canonical, ...(prefix === undefined ? {} : { prefix }) };
};

const readFileMedium: Reader = (transport, separator, rest) => {
  if (rest.startsWith('~/')) return invalid('~ is not expanded here', 'Write the path in full.');
  if (separator === ':' && rest.trim() !== '') return { transport, path: rest };
  if (separator === '://' && rest !== '') {
    return invalid(`${transport} takes a path, no address`, `Did you mean "${transport}:${rest}"?`);
  }
  return invalid(`${transport} needs a path`, `Write ${transport}:PATH.`);
};

const readSsh: Reader = (transport, separator, rest) => {
  const [, user, host = ''] = /^(?:([\w.-]+)@)?([^/]+)\/?$/.exec(rest) ?? [];
  if (separator !== '://' || !isHost(host)) {
    return invalid(
      'docker+ssh needs the host of an engine',
      'Write docker+ssh://[USER@]HOST[:PORT].',
    );
  }
  return { transport, host, ...(user === undefined ? {} : { user }) };
};

const READERS: Readonly<Record<SourceTransport, Reader>> = {
  docker: readEngine,
  podman: readEngine,
  containerd: readContainerd,
  registry: readRegistry,
  oci: readFileMedium,
  'docker-archive': readFileMedium,
  'oci-archive': readFileMedium,
  rootfs: readFileMedium,
  'docker+ssh': readSsh,
};

function unknownTransport(text: string, scheme: string): Complaint {
  const shown = JSON.stringify(text.slice(0, 200));
  if (/^https?$/.test(scheme)) {
    const host = text.replace(/^https?:\/\//, '');
    return invalid(`${shown} is a web address`, `Did you mean "registry://${host}"?`);
  }
  const near = didYouMean(scheme, SOURCE_TRANSPORTS);
  if (near === undefined) return invalid(`${shown} is not a source`, unknownHint(text));
  return invalid(`${shown} is not a source`, `Did you mean "${near}${text.slice(scheme.length)}"?`);
}

function unknownHint(text: string): string {
  if (/\.tar(\.\w+)?$|\.tgz$/.test(text)) return `Did you mean "docker-archive:${text}"?`;
  if (/^[^/:]+\.[^/:]+(:\d+)?(\/|$)/.test(text)) return `Did you mean "registry://${text}"?`;
  return HINT;
}

const HINT = `Sources are docker, podman, containerd[:NAMESPACE], registry, registry://HOST[/PREFIX], oci:DIR, docker-archive:FILE, oci-archive:FILE, rootfs:FILE, docker+ssh://[USER@]HOST[:PORT].`;

function invalid(message: string, hint: string): Complaint {
  return { code: 'SOURCE_INVALID', message, hint };
}
