import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { isErrno } from '../../content/file-bytes.ts';
import { AirkitError, messageOf } from '../../errors.ts';
import { compareStrings } from '../../oci/compare.ts';
import { settingsFor, type RegistryAccess } from './access.ts';

/** What TLS needs to know of a host, as PEM. */
export interface Certificates {
  /** All trusted roots; absent: Node's own. */
  readonly ca?: readonly string[] | undefined;
  /** True when a root was named for this very host: then it speaks TLS, also on loopback. */
  readonly isNamed: boolean;
  /** The client certificate and its key. */
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
}

/**
 * Certificates for a host: the files that its settings name, then those in `certs.d/HOST` (`*.crt` are roots, `*.cert`
 * with `*.key` the client's). Further roots are trusted beside the usual ones, as docker does.
 *
 * @throws AirkitError USAGE for a file that cannot be read
 */
export async function readCertificates(
  access: RegistryAccess,
  host: string,
): Promise<Certificates> {
  const { ca, cert, key } = settingsFor(access, host);
  const found = await Promise.all(
    access.certificateFolders.map(async (folder) => readFolder(join(folder, host))),
  );
  const shared = access.environment['SSL_CERT_FILE'];
  const own = [...(ca === undefined ? [] : [await readPem(ca)]), ...found.flatMap((f) => f.roots)];
  const roots = [...own, ...(shared === undefined || shared === '' ? [] : [await readPem(shared)])];
  const client =
    cert === undefined || key === undefined
      ? found.find((folder) => folder.client !== undefined)?.client
      : { cert: await readPem(cert), key: await readPem(key) };
  return {
    isNamed: own.length > 0,
    ...(roots.length === 0 ? {} : { ca: [...rootCertificates, ...roots] }),
    ...(client === undefined ? {} : { client }),
  };
}

interface FolderCertificates {
  readonly roots: readonly string[];
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
}

async function readFolder(folder: string): Promise<FolderCertificates> {
  const names = await listNames(folder);
  const roots = await Promise.all(
    names.filter((name) => name.endsWith('.crt')).map(async (name) => readPem(join(folder, name))),
  );
  const certificate = names.find(
    (name) => name.endsWith('.cert') && names.includes(name.replace(/\.cert$/, '.key')),
  );
  if (certificate === undefined) return { roots };
  const path = join(folder, certificate);
  const key = await readPem(path.replace(/\.cert$/, '.key'));
  return { roots, client: { cert: await readPem(path), key } };
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted(compareStrings);
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return [];
    throw unreadable(folder, error);
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): AirkitError {
  return new AirkitError('USAGE', `${path}: a certificate cannot be read: ${messageOf(error)}`, {
    hint: 'Settings under "registries" and certs.d name PEM files of certificates.',
    context: { path },
  });
}
