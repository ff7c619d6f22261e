import type { Problem } from '../errors.ts';
import { fileIdOf } from './p256-public-key.ts';
import type { PublicKey } from './public-key.ts';
import type { SignatureClaim } from './signature-claim.ts';
import type { SignedFile } from './signature-files.ts';
import { badSignatureFinding } from './signature-findings.ts';

/** The bytes that are signed. */
export type SignedPayloads = Readonly<Record<SignedFile, Uint8Array | undefined>>;

/** What the signature files of one name pattern, which must all be by one key, come to. */
export interface SetJudgement {
  /** The part of the names that all files of the set have; undefined for the primary set. */
  readonly fileId: string | undefined;
  /** Undefined when nothing in the set names its key. */
  readonly keyId: string | undefined;
  /** Undefined when nobody here has the key. */
  readonly key: PublicKey | undefined;
  /** Files that are mathematically right signatures of the key. */
  readonly valid: readonly SignatureClaim[];
  /** Files that nothing speaks against, of a key that nobody here has. */
  readonly unchecked: readonly SignatureClaim[];
  readonly findings: readonly Problem[];
}

/**
 * Judges the claims of one set.
 *
 * @param claims at least one, all of one {@link SignatureFile.fileId}, over payloads that are there
 * @param known keys from trust files, whether they count or not
 */
export function judgeSet(
  claims: readonly SignatureClaim[],
  payloads: SignedPayloads,
  known: readonly PublicKey[],
): SetJudgement {
  const key = chooseKey(claims, payloads, known);
  const keyId = key?.keyId ?? claims.find(fitsName)?.keyId;
  const faults = claims.map((claim) => {
    const fault = identityFault(claim, keyId);
    return fault ?? (key === undefined ? undefined : payloadFault(claim, payloads, key));
  });
  const sound = claims.filter((_, position) => faults[position] === undefined);
  return {
    fileId: claims[0]?.file.fileId,
    keyId,
    key,
    valid: key === undefined ? [] : sound,
    unchecked: key === undefined ? sound : [],
    findings: claims.flatMap(({ file }, position) => {
      const fault = faults[position];
      return fault === undefined ? [] : [badSignatureFinding(file.name, fault)];
    }),
  };
}

/**
 * The key that most files of the set stand for, so that the odd one is the one reported. A file id in the names
 * decides alone.
 */
function chooseKey(
  claims: readonly SignatureClaim[],
  payloads: SignedPayloads,
  known: readonly PublicKey[],
): PublicKey | undefined {
  const fileId = claims[0]?.file.fileId;
  const candidates = [...known, ...claims.flatMap(({ key }) => key ?? [])];
  if (fileId !== undefined) return candidates.find((key) => key.fileId === fileId);
  const ranked = candidates
    .map((key) => ({ key, votes: claims.filter((claim) => isFor(claim, key, payloads)).length }))
    .filter(({ votes }) => votes > 0)
    .toSorted((a, b) => b.votes - a.votes);
  return ranked[0]?.key;
}

/** A signature counts for its maker even when it names another key: that contradiction is then found. */
function isFor(claim: SignatureClaim, key: PublicKey, payloads: SignedPayloads): boolean {
  return claim.keyId === key.keyId || payloadFault(claim, payloads, key) === undefined;
}

/** True when the file names a key, and its own name does not contradict. */
function fitsName({ file, keyId }: SignatureClaim): boolean {
  if (keyId === undefined) return false;
  return file.fileId === undefined || file.fileId === fileIdOf(keyId);
}

function identityFault(claim: SignatureClaim, setKeyId?: string): string | undefined {
  const { keyId } = claim;
  if (keyId === undefined || keyId === setKeyId) return undefined;
  if (!fitsName(claim)) return `it names the key ${keyId}, its file name another`;
  return `it names the key ${keyId}, the files beside it are by ${setKeyId ?? 'another'}`;
}

function payloadFault(
  { file, isBy }: SignatureClaim,
  payloads: SignedPayloads,
  key: PublicKey,
): string | undefined {
  const payload = payloads[file.signs];
  if (payload !== undefined && isBy(key, payload)) return undefined;
  return `it is no signature of the key ${key.keyId} over the bytes of ${file.signs}`;
}
