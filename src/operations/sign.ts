import { AirkitError, messageOf, type Problem } from '../errors.ts';
import { parseBundleIndex } from '../archive/bundle-index.ts';
import { KIT_FILES } from '../archive/kit-folder.ts';
import { judgeSignatures } from '../signing/judge-signatures.ts';
import { parseSignatureFileName } from '../signing/signature-files.ts';
import { parseKeyLocation } from '../spec/key-location.ts';
import { resolvePath, type Host } from './host.ts';
import { checkFolderIndex } from './judge-kit.ts';
import { checkTables, openTables } from './kit-tables.ts';
import { openKit, type FoundKit, type OpenKitOptions } from './open-kit.ts';
import { verificationFailed } from './require-verified.ts';
import { signKitFolder } from './sign-kit.ts';
import { openSigningKey } from './signing-key.ts';
import { checkContents } from './verify.ts';

export interface SignOptions extends OpenKitOptions {
  /** A path, `env:NAME`, `agent:KEY` or `exec:COMMAND`. */
  readonly key: string;
  /** File with the public key of an `exec:COMMAND`. */
  readonly publicKey?: string | undefined;
}

export interface SignedKit {
  readonly keyId: string;
  /** Names of the files written. */
  readonly files: readonly string[];
  /** Of the key, and of what could not be checked. */
  readonly warnings: readonly string[];
}

/**
 * Adds a signature to a kit that is whole, every byte of it: the first one under the plain names, a further one under
 * names that hold the key's id. Who else signed it does not matter, but no signature may be bad. A folder that holds only
 * the tables of a kit, carried to where the key is, is signed as well: then its sums are taken as they are.
 *
 * @throws AirkitError VERIFICATION_FAILED for a kit that is damaged, KEY_INVALID, USAGE, DISK_FAILED
 */
export async function sign(host: Host, path: string, options: SignOptions): Promise<SignedKit> {
  const publicKeyFile =
    options.publicKey === undefined ? undefined : resolvePath(host, options.publicKey);
  const tables = await openTables(host, path);
  const kit = tables ?? (await openKit(host, path, options));
  const { folder, index, sums, signatures } = kit;
  if (folder === undefined || sums === undefined) {
    const what = `${path}: only a kit folder with ${KIT_FILES.sums} can be signed`;
    throw new AirkitError('USAGE', what, { context: { path } });
  }
  const key = await openSigningKey(parseKeyLocation(options.key, host.directory), host, {
    ...options,
    publicKey: publicKeyFile,
  });
  const { publicKey } = key;
  const judged = judgeSignatures({ index, sums, files: signatures }, [publicKey]);
  const bad = judged.findings.filter(({ code }) => code === 'BAD_SIGNATURE');
  const found = 'archive' in kit ? await checkWhole(kit, options) : checkTables(kit);
  const blocking = [...bad, ...found].filter(({ severity }) => severity === 'error');
  if (blocking.length > 0) throw verificationFailed(path, blocking);
  options.signal?.throwIfAborted();
  const first = judged.signers.find(({ files }) => files.some(isPrimary));
  const isFirst = first === undefined || first.keyId === publicKey.keyId;
  const signed = { 'bundle.json': index, SHA256SUMS: sums };
  const files = await signKitFolder(
    { folder, signed },
    { key, further: isFirst ? undefined : publicKey },
  );
  const unchecked =
    'archive' in kit
      ? []
      : ['the archive is not here: what SHA256SUMS says of it is signed unchecked'];
  return { keyId: publicKey.keyId, files, warnings: [...(key.warnings ?? []), ...unchecked] };
}

async function checkWhole(kit: FoundKit, options: OpenKitOptions): Promise<Problem[]> {
  try {
    const index = parseBundleIndex(kit.index);
    return [...checkFolderIndex(kit), ...(await checkContents(kit, index, options))];
  } catch (error) {
    if (!(error instanceof AirkitError)) throw error;
    const { code } = error;
    return [{ code, severity: 'error', message: messageOf(error), subject: KIT_FILES.index }];
  }
}

/** True for the names of the first set, which hold no key id. */
function isPrimary(name: string): boolean {
  return parseSignatureFileName(name)?.fileId === undefined;
}
