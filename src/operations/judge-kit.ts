import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { AirkitError, messageOf, type Problem } from '../errors.ts';
import { parseBundleIndex, type BundleIndex } from '../archive/bundle-index.ts';
import { judgeSignatures, type KitSigner } from '../signing/judge-signatures.ts';
import { readTrustedKeys } from '../signing/trusted-keys.ts';
import { resolvePath, trustFoldersOf, type Host } from './host.ts';
import type { FoundKit } from './open-kit.ts';

export interface TrustOptions {
  /** Files or folders of public keys, beside the standard folders. */
  readonly trust?: readonly string[] | undefined;
  /** Admits kits that have no signature at all. Default false. */
  readonly allowUnsigned?: boolean | undefined;
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
  { trust = [], allowUnsigned = false }: TrustOptions,
): Promise<KitJudgement> {
  const paths = trust.map((path) => resolvePath(host, path));
  if (kit.folder !== undefined) await refuseInside(kit.folder, paths);
  const trusted = await readTrustedKeys([
    ...paths,
    ...trustFoldersOf(host).map((path) => ({ path, optional: true })),
  ]);
  const { status, signers, findings } = judgeSignatures(
    { index: kit.index, sums: kit.sums, files: kit.signatures },
    trusted,
  );
  const isAdmitted = status === 'trusted' || (status === 'unsigned' && allowUnsigned);
  if (!isAdmitted) return { signers, findings };
  const admitted = status === 'unsigned' ? findings.map(asWarning) : findings;
  try {
    const index = parseBundleIndex(kit.index);
    return {
      signers,
      index,
      findings: [...admitted, ...checkFolderIndex(kit), ...checkExpiry(index)],
    };
  } catch (error) {
    return {
      signers,
      findings: [
        ...admitted,
        {
          code: 'CONTENT_INVALID',
          severity: 'error',
          message: messageOf(error),
          subject: 'bundle.json',
        },
      ],
    };
  }
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

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** `expires` is the last good day, in UTC. */
function checkExpiry({ expires }: BundleIndex): Problem[] {
  if (expires === undefined || Date.now() < Date.parse(`${expires}T00:00:00Z`) + DAY_MILLISECONDS)
    return [];
  return [
    {
      code: 'EXPIRED',
      severity: 'error',
      message: `the kit expired at the end of ${expires}`,
      subject: 'bundle.json',
      hint: 'Ask for a newer kit, and check the clock of this machine.',
    },
  ];
}
