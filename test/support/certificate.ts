/** A certificate of a site's own authority, made by openssl. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Certificate {
  /** Files, PEM. */
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly key: string;
  readonly cert: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes a self-signed certificate, with its key, in a folder. @param names as openssl's subjectAltName */
export async function makeCertificate(
  folder: string,
  names = 'IP:127.0.0.1',
): Promise<Certificate> {
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const files = ['-keyout', keyFile, '-out', certificateFile];
  const subject = ['-subj', '/CN=site', '-addext', `subjectAltName=${names}`];
  execFileSync('openssl', ['req', '-x509', ...NEW_KEY, '-days', '2', ...files, ...subject], {
    stdio: 'ignore',
  });
  const [key, cert] = await Promise.all(
    [keyFile, certificateFile].map(async (path) => readFile(path, 'utf8')),
  );
  return { keyFile, certificateFile, key: key ?? '', cert: cert ?? '' };
}
