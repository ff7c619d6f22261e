import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { AirkitError, messageOf, type Problem } from '../errors.ts';
import { parseBundleIndex, type BundleIndex } from '../archive/bundle-index.ts';
import { judgeSignatures, type KitSigner } from '../signing/judge-signatures.ts';
import { judgeKeys, readTrust, type Trust } from '../signing/trusted-keys.ts';
import { checkFreshness, judgingTime } from './check-freshness.ts';
import { resolvePath, trustFoldersOf, type Host } from './host.ts';
import type { FoundKit } from './open-kit.ts';

export interface TrustOptions {
  /** Files or folders of public keys, beside the standard folders. */
  readonly trust?: readonly string[] | undefined;
  /** Admits kits that have no signature at all. Default false; never together with a threshold. */
  readonly allowUnsigned?: boolean | undefined;
  /** How many different trusted keys must have signed. Default 1. */
  readonly threshold?: number | undefined;
  /** Judges keys and expiry by this date, YYYY-MM-DD or RFC 3339. Default: now. */
  readonly at?: string | undefined;
}

/** What signatures and dates say of a kit. */
export interface KitJudgement {
  readonly signers: readonly KitSigner[];
  readonly findings: readonly Problem[];
  /** The parsed bundle.json; only when nothing speaks against its signature. */
  readonly index?: BundleIndex | undefined;
}

/**
 * Judges who signed a kit, over bytes alone, and only then parses its index (docs/archive-format.md, signatures). Findings of severity
 * `error` mean that it must not be used.
 *
 * @throws AirkitError KEY_INVALID for a trusted key that cannot be read, DISK_FAILED
 */
export async function judgeKit(
  kit: FoundKit,
  host: Host,
  options: TrustOptions,
): Promise<KitJudgement> {
  const { threshold } = options;
  const at = judgingTime(options.at);
  const trust = await readTrustFor(kit, host, options);
  const { trusted, refused } = judgeKeys(trust, at.time);
  const { status, signers, findings } = judgeSignatures(
    { index: kit.index, sums: kit.sums, files: kit.signatures },
    trusted,
    { refused, revoked: trust.revoked, threshold },
  );
  const isUnsigned =
    status === 'unsigned' && options.allowUnsigned === true && threshold === undefined;
  const known = [
    ...(isUnsigned ? findings.map(asWarning) : findings),
    ...trust.warnings,
    ...at.findings,
  ];
  if (status !== 'trusted' && !isUnsigned) return { signers, findings: known };
  const parsed = parseTrusted(kit.index);
  if ('code' in parsed) return { signers, findings: [...known, parsed] };
  const fresh = await checkFreshness(parsed, host, at);
  const all = [...known, ...checkFolderIndex(kit), ...fresh];
  return { signers, index: parsed, findings: all };
}

/** A signer may have signed what is no bundle index. */
function parseTrusted(bytes: Uint8Array): BundleIndex | Problem {
  try {
    return parseBundleIndex(bytes);
  } catch (error) {
    return {
      code: 'CONTENT_INVALID',
      severity: 'error',
      message: messageOf(error),
      subject: 'bundle.json',
    };
  }
}

/** The keys of a person's own files and of the standard folders. */
async function readTrustFor(
  { folder }: FoundKit,
  host: Host,
  { trust = [] }: TrustOptions,
): Promise<Trust> {
  const paths = trust.map((path) => resolvePath(host, path));
  if (folder !== undefined) await refuseInside(folder, paths);
  return readTrust([...paths, ...trustFoldersOf(host).map((path) => ({ path, optional: true }))]);
}

/** A key that travels with a kit proves nothing about it. */
async function refuseInside(folder: string, paths: readonly string[]): Promise<void> {
  const kitFolder = await realpath(folder);
  for (const path of paths) {
    const found = await realpath(path).catch(() => path);
    if (found !== kitFolder && !found.startsWith(`${kitFolder}${sep}`)) continue;
    throw new AirkitError('KEY_INVALID', `${path}: a key beside the kit is not trusted`, {
      hint: 'Take the public key from its owner by another way than the kit.',
      context: { path },
    });
  }
}

function asWarning({ code, message, subject }: Problem): Problem {
  return { code, severity: 'warning', message, subject };
}

/** bundle.json stands twice, beside the archive and in it. */
export function checkFolderIndex({ index, archive }: FoundKit): Problem[] {
  if (Buffer.compare(index, archive.index) === 0) return [];
  return [
    {
      code: 'DIGEST_MISMATCH',
      severity: 'error',
      message: 'bundle.tar: the bundle.json in it differs from the one beside it',
      subject: 'bundle.tar',
      hint: 'One of the two was damaged or comes from another kit: copy both again.',
    },
  ];
}
