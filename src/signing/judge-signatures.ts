import { messageOf, type Problem } from '../errors.ts';
import { by } from '../oci/compare.ts';
import { checkCoverage } from './check-coverage.ts';
import type { PublicKey } from './public-key.ts';
import { isRevoked, type RevokedKeys } from './revoked-keys.ts';
import { readSignatureClaim, type SignatureClaim } from './signature-claim.ts';
import {
  formatsOf,
  parseSignatureFileName,
  signatureFileNames,
  type SignatureFile,
} from './signature-files.ts';
import {
  badSignatureFinding,
  missingMemberFinding,
  orphanFinding,
  unsignedFinding,
  UNTRUSTED_CODES,
  untrustedKeyFinding,
} from './signature-findings.ts';
import { judgeSet, type SetJudgement, type SignedPayloads } from './signature-set.ts';
import type { RefusedKey } from './trusted-keys.ts';

/** The signed bytes of a kit and what lies beside them. */
export interface KitSignatures {
  /** `bundle.json`, unparsed. */
  readonly index: Uint8Array;
  /**
   * `SHA256SUMS`, unparsed. Leave it out only where an archive was given without a kit folder: of a folder whose
   * `SHA256SUMS` is gone, only `bundle.json` and the archive are proved by its signatures.
   */
  readonly sums?: Uint8Array | undefined;
  /** Signature files by name; other names are passed over. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface KitSigner {
  readonly keyId: string;
  readonly trusted: boolean;
  /** Signature files of the key that nothing speaks against, sorted. */
  readonly files: readonly string[];
}

/**
 * `trusted`: as many trusted keys as were asked for signed all that is there, and no signature is bad. `unknown-key`: too
 * few did. `bad`: a signature is bad, or trusted ones are incomplete. `unsigned`: there is no signature file.
 */
export type SignatureStatus = 'trusted' | 'unknown-key' | 'bad' | 'unsigned';

export interface JudgeOptions {
  /** Keys that are known and do not count. */
  readonly refused?: readonly RefusedKey[] | undefined;
  readonly revoked?: RevokedKeys | undefined;
  /** How many different trusted keys must have signed. Default 1. */
  readonly threshold?: number | undefined;
}

export interface SignatureJudgement {
  readonly status: SignatureStatus;
  readonly signers: readonly KitSigner[];
  /**
   * UNSIGNED, BAD_SIGNATURE, SIGNATURE_INCOMPLETE and `UNTRUSTED_CODES`; `subject` is a file name. Errors come first.
   */
  readonly findings: readonly Problem[];
}

/**
 * Judges all signatures of a kit over bytes alone (docs/archive-format.md, signatures). One bad signature makes the kit bad, whoever else
 * signed it. Signatures of an unknown key are checked too when one of them carries the key, as SSH signatures do.
 */
export function judgeSignatures(
  kit: KitSignatures,
  trusted: readonly PublicKey[],
  options: JudgeOptions = {},
): SignatureJudgement {
  const payloads: SignedPayloads = { 'bundle.json': kit.index, SHA256SUMS: kit.sums };
  const files = listSignatureFiles(kit.files);
  if (files.length === 0) return { status: 'unsigned', signers: [], findings: [unsignedFinding()] };
  const { claims, findings } = readClaims(files, kit.files, payloads);
  const known = [...trusted, ...(options.refused ?? []).map(({ key }) => key)];
  const sets = groupBySet(claims).map((set) => judgeSet(set, payloads, known));
  const signers = listSigners(sets, trusted);
  const bad = [...findings, ...sets.flatMap((set) => set.findings)];
  const all = [
    ...(bad.length > 0
      ? bad
      : checkCoverage(
          sets.filter(({ keyId }) => isTrusted(keyId, trusted)),
          { payloads, threshold: options.threshold },
        )),
    ...findUntrusted(sets, trusted, options),
    ...findMissing(sets, files, payloads),
  ].toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  return { status: statusOf(all, signers), signers, findings: all };
}

function listSignatureFiles(files: ReadonlyMap<string, Uint8Array>): SignatureFile[] {
  return [...files.keys()]
    .flatMap((name) => parseSignatureFileName(name) ?? [])
    .toSorted(by(({ name }) => name));
}

function readClaims(
  files: readonly SignatureFile[],
  bytes: ReadonlyMap<string, Uint8Array>,
  payloads: SignedPayloads,
): { claims: SignatureClaim[]; findings: Problem[] } {
  const claims: SignatureClaim[] = [];
  const findings: Problem[] = [];
  for (const file of files) {
    try {
      const claim = readSignatureClaim(file, bytes.get(file.name) ?? new Uint8Array());
      if (payloads[file.signs] === undefined) findings.push(orphanFinding(file.name, file.signs));
      else claims.push(claim);
    } catch (error) {
      findings.push(badSignatureFinding(file.name, messageOf(error)));
    }
  }
  return { claims, findings };
}

function groupBySet(claims: readonly SignatureClaim[]): SignatureClaim[][] {
  const sets = new Map<string | undefined, SignatureClaim[]>();
  for (const claim of claims) {
    const set = sets.get(claim.file.fileId) ?? [];
    sets.set(claim.file.fileId, [...set, claim]);
  }
  return [...sets.values()];
}

function listSigners(sets: readonly SetJudgement[], trusted: readonly PublicKey[]): KitSigner[] {
  const names = new Map<string, string[]>();
  for (const { keyId, valid, unchecked } of sets) {
    const files = [...valid, ...unchecked].map(({ file }) => file.name);
    if (keyId !== undefined && files.length > 0)
      names.set(keyId, [...(names.get(keyId) ?? []), ...files]);
  }
  return [...names]
    .map(([keyId, files]) => {
      return { keyId, trusted: isTrusted(keyId, trusted), files: files.toSorted() };
    })
    .toSorted(by(({ keyId }) => keyId));
}

/**
 * Beside a trusted signature a key that does not count is a warning; not so a raw signature that no trusted key made and
 * whose key nothing names, for a damaged one looks the same.
 */
function findUntrusted(
  sets: readonly SetJudgement[],
  trusted: readonly PublicKey[],
  options: JudgeOptions,
): Problem[] {
  const isKnown = ({ keyId, valid }: SetJudgement): boolean =>
    valid.length > 0 && isTrusted(keyId, trusted);
  const isTrustedBeside = sets.some(isKnown);
  return sets.flatMap((set) => {
    const { keyId } = set;
    const subject = [...set.valid, ...set.unchecked][0]?.file.name;
    if (subject === undefined || isKnown(set)) return [];
    const severity = isTrustedBeside && keyId !== undefined ? 'warning' : 'error';
    const why = refusalOf(set, options);
    return [untrustedKeyFinding({ keyId, subject, severity, why }, trusted)];
  });
}

function refusalOf(
  { keyId, key }: SetJudgement,
  { refused = [], revoked }: JudgeOptions,
): RefusedKey['why'] | undefined {
  if (keyId === undefined) return undefined;
  if (revoked !== undefined && isRevoked(revoked, { keyId, key })) return 'revoked';
  return refused.find((one) => one.key.keyId === keyId)?.why;
}

/** Of a set whose key nobody has, all formats are expected: only P-256 signatures do not bring their key. */
function findMissing(
  sets: readonly SetJudgement[],
  files: readonly SignatureFile[],
  payloads: SignedPayloads,
): Problem[] {
  const present = new Set(files.map(({ name }) => name));
  return [...new Set(files.map(({ fileId }) => fileId))].flatMap((fileId) => {
    const set = sets.find((one) => one.fileId === fileId);
    const formats = set?.key === undefined ? undefined : formatsOf(set.key);
    return signatureFileNames(fileId === undefined ? undefined : { fileId })
      .filter(({ format }) => formats?.includes(format) !== false)
      .filter(({ name, signs }) => !present.has(name) && payloads[signs] !== undefined)
      .map(({ name }) => missingMemberFinding(name));
  });
}

function isTrusted(keyId: string | undefined, trusted: readonly PublicKey[]): boolean {
  return trusted.some((key) => key.keyId === keyId);
}

function statusOf(findings: readonly Problem[], signers: readonly KitSigner[]): SignatureStatus {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.some(({ code }) => !UNTRUSTED_CODES.includes(code))) return 'bad';
  return errors.length === 0 && signers.some((signer) => signer.trusted)
    ? 'trusted'
    : 'unknown-key';
}
