import { access } from 'node:fs/promises';
import { AirkitError } from '../errors.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { bundlesSchemaText } from '../spec/bundles-schema.ts';
import { BUNDLES_FILE_TEMPLATE } from '../spec/bundles-template.ts';
import { resolvePath, type Host } from './host.ts';

const DEFAULT_FILE = 'bundles.yaml';

/**
 * Checks a bundles file.
 *
 * @returns the names of its bundles
 * @throws AirkitError SPEC_INVALID with every problem
 */
export async function validate(
  host: Host,
  file: string = DEFAULT_FILE,
): Promise<{ path: string; bundles: readonly string[] }> {
  const { readBundlesFile } = await import('../spec/read-bundles-file.ts');
  const { bundles } = await readBundlesFile(resolvePath(host, file));
  return { path: file, bundles: bundles.map(({ name }) => name) };
}

/**
 * Writes a commented bundles file to start from.
 *
 * @throws AirkitError OUTPUT_EXISTS, DISK_FAILED
 */
export async function init(host: Host, file: string = DEFAULT_FILE): Promise<{ path: string }> {
  const path = resolvePath(host, file);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) {
    throw new AirkitError('OUTPUT_EXISTS', `${file} exists already`, {
      hint: 'airkit validate checks it; give another name to write a new one.',
      context: { path: file },
    });
  }
  await writeFileAtomically(path, Buffer.from(BUNDLES_FILE_TEMPLATE));
  return { path };
}

/** The JSON Schema of bundles files. */
export function schema(): string {
  return bundlesSchemaText();
}
