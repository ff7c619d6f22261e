import { messageOf, type Problem } from '../errors.ts';
import { by } from '../oci/compare.ts';
import type { PublicKey } from './p256-public-key.ts';
import { readSignatureClaim, type SignatureClaim } from './signature-claim.ts';
import {
  parseSignatureFileName,
  signatureFileNames,
  type SignatureFile,
  type SignedFile,
} from './signature-files.ts';
import {
  badSignatureFinding,
  missingMemberFinding,
  orphanFinding,
  uncoveredFinding,
  unknownKeyFinding,
  unsignedFinding,
} from './signature-findings.ts';
import { judgeSet, type SetJudgement, type SignedPayloads } from './signature-set.ts';

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
 * `trusted`: a trusted key signed all that is there, and no signature is bad. `unknown-key`: no trusted key signed.
 * `bad`: a signature is bad, or trusted ones are incomplete. `unsigned`: there is no signature file.
 */
export type SignatureStatus = 'trusted' | 'unknown-key' | 'bad' | 'unsigned';

export interface SignatureJudgement {
  readonly status: SignatureStatus;
  readonly signers: readonly KitSigner[];
  /** UNSIGNED, UNKNOWN_KEY, BAD_SIGNATURE, SIGNATURE_INCOMPLETE; `subject` is a file name. Errors come first. */
  readonly findings: readonly Problem[];
}

/**
 * Judges all signatures of a kit over bytes alone (docs/archive-format.md, signatures). One bad signature makes the kit bad, whoever else
 * signed it. Signatures of an unknown key are checked too when one of them carries the key, as SSH signatures do.
 */
export function judgeSignatures(
  kit: KitSignatures,
  trusted: readonly PublicKey[],
): SignatureJudgement {
  const payloads: SignedPayloads = { 'bundle.json': kit.index, SHA256SUMS: kit.sums };
  const files = listSignatureFiles(kit.files);
  if (files.length === 0) return { status: 'unsigned', signers: [], findings: [unsignedFinding()] };
  const { claims, findings } = readClaims(files, kit.files, payloads);
  const sets = groupBySet(claims).map((set) => judgeSet(set, payloads, trusted));
  const signers = listSigners(sets, trusted);
  const bad = [...findings, ...sets.flatMap((set) => set.findings)];
  const all = [
    ...(bad.length > 0 ? bad : findUncovered(sets, payloads, trusted)),
    ...findUnknown(sets, trusted),
    ...findMissing(files, payloads),
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

/** What is there must be signed by a trusted key as soon as anything is. */
function findUncovered(
  sets: readonly SetJudgement[],
  payloads: SignedPayloads,
  trusted: readonly PublicKey[],
): Problem[] {
  const signed = sets
    .filter(({ keyId }) => isTrusted(keyId, trusted))
    .flatMap(({ valid }) => valid.map(({ file }) => file.signs));
  const needed: readonly SignedFile[] = ['bundle.json', 'SHA256SUMS'];
  if (signed.length === 0) return [];
  return needed
    .filter((name) => payloads[name] !== undefined && !signed.includes(name))
    .map(uncoveredFinding);
}

/**
 * Beside a trusted signature an unknown key is a warning; not so a raw signature that no trusted key made and whose
 * key nothing names, for a damaged one looks the same.
 */
function findUnknown(sets: readonly SetJudgement[], trusted: readonly PublicKey[]): Problem[] {
  const isKnown = ({ keyId, valid }: SetJudgement): boolean =>
    valid.length > 0 && isTrusted(keyId, trusted);
  const isTrustedBeside = sets.some(isKnown);
  return sets.flatMap((set) => {
    const { keyId } = set;
    const subject = [...set.valid, ...set.unchecked][0]?.file.name;
    if (subject === undefined || isKnown(set)) return [];
    const severity = isTrustedBeside && keyId !== undefined ? 'warning' : 'error';
    return [unknownKeyFinding({ keyId, subject, severity }, trusted)];
  });
}

function findMissing(files: readonly SignatureFile[], payloads: SignedPayloads): Problem[] {
  const present = new Set(files.map(({ name }) => name));
  return [...new Set(files.map(({ fileId }) => fileId))].flatMap((fileId) =>
    signatureFileNames(fileId === undefined ? undefined : { fileId })
      .filter(({ name, signs }) => !present.has(name) && payloads[signs] !== undefined)
      .map(({ name }) => missingMemberFinding(name)),
  );
}

function isTrusted(keyId: string | undefined, trusted: readonly PublicKey[]): boolean {
  return trusted.some((key) => key.keyId === keyId);
}

function statusOf(findings: readonly Problem[], signers: readonly KitSigner[]): SignatureStatus {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.some(({ code }) => code !== 'UNKNOWN_KEY')) return 'bad';
  return errors.length === 0 && signers.some((signer) => signer.trusted)
    ? 'trusted'
    : 'unknown-key';
}
