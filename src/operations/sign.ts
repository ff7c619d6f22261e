import { AirkitError } from '../errors.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { sumFile } from '../archive/sums.ts';
import { judgeSignatures } from '../signing/judge-signatures.ts';
import { isSignatureFile } from '../signing/signature-files.ts';
import { parseKeyLocation } from '../spec/key-location.ts';
import { checkSums } from './check-sums.ts';
import type { Host } from './host.ts';
import { openKit } from './open-kit.ts';
import { signKitFolder } from './sign-kit.ts';
import { openSigningKey } from './signing-key.ts';
import { verify } from './verify.ts';
import { verificationFailed } from './require-verified.ts';

/**
 * Adds a signature to a kit that is whole: the first one under the plain names, a further one under names that hold the
 * key's id.
 *
 * @throws AirkitError VERIFICATION_FAILED for a kit that is damaged, KEY_INVALID, USAGE, DISK_FAILED
 */
export async function sign(
  host: Host,
  path: string,
  { key: text }: { readonly key: string },
): Promise<{ keyId: string; files: readonly string[] }> {
  const key = await openSigningKey(parseKeyLocation(text, host.directory), host);
  const kit = await openKit(host, path);
  const { folder, index, sums, signatures } = kit;
  if (folder === undefined || sums === undefined) {
    throw new AirkitError(
      'USAGE',
      `${path}: only a kit folder with ${KIT_FILES.sums} can be signed`,
      { context: { path } },
    );
  }
  const { publicKey } = key;
  const { signers } = judgeSignatures({ index, sums, files: signatures }, [publicKey]);
  const primary = signers.find(({ files }) =>
    files.some((name) => !name.includes(`.${publicKey.fileId}.`) && isPrimary(name)),
  );
  const archiveSum = await sumFile(kit.archive.path);
  const findings = [
    ...(await verify(host, path, { allowUnsigned: true, depth: 'quick' })).findings,
    ...(await checkSums(kit, archiveSum)),
  ];
  const blocking = findings.filter(
    ({ severity, code }) => severity === 'error' && code !== 'UNKNOWN_KEY',
  );
  if (blocking.length > 0) throw verificationFailed(path, blocking);
  const isFirst = primary === undefined || primary.keyId === publicKey.keyId;
  const files = await signKitFolder(folder, { key, further: isFirst ? undefined : publicKey });
  return { keyId: publicKey.keyId, files };
}

function isPrimary(name: string): boolean {
  return isSignatureFile(name) && !/\.[0-9a-f]{16}\./.test(name);
}
