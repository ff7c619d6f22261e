import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AirkitError, messageOf } from '../../errors.ts';

/** What a TLS connection to an engine is made with: PEM. */
export interface Certificates {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

const FILES = ['ca', 'cert', 'key'] as const;

export interface CertificateRules {
  /** What names the folder, for messages. */
  readonly where: string;
  /** True when files may be left out, as in a context. Default false. */
  readonly optional?: boolean | undefined;
}

/**
 * Reads ca.pem, cert.pem and key.pem of a folder.
 *
 * @throws AirkitError USAGE for a file that cannot be read, or is not there unless `optional`
 */
export async function readCertificates(
  folder: string,
  { where, optional = false }: CertificateRules,
): Promise<Certificates> {
  const found: { [Name in (typeof FILES)[number]]?: Buffer } = {};
  for (const name of FILES) {
    try {
      found[name] = await readFile(join(folder, `${name}.pem`));
    } catch (error) {
      if (optional && isMissing(error)) continue;
      throw new AirkitError('USAGE', `${where}: ${messageOf(error)}`, {
        hint: 'The folder must hold ca.pem, cert.pem and key.pem.',
        cause: error,
      });
    }
  }
  return found;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
