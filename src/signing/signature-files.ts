import { P256, type PublicKey } from './public-key.ts';

/** The two files of a kit that are signed. */
export type SignedFile = 'bundle.json' | 'SHA256SUMS';
export type SignatureFormat = 'sigstore' | 'sshsig' | 'raw';

/** What the name of a signature file says (docs/archive-format.md). */
export interface SignatureFile {
  readonly name: string;
  readonly signs: SignedFile;
  readonly format: SignatureFormat;
  /** {@link PublicKey.fileId}, in the names of a further set; the primary set has none. */
  readonly fileId: string | undefined;
}

const FILE_ID = /\.([0-9a-f]{16})\./;
const MEMBERS: readonly (readonly [SignedFile, SignatureFormat, string])[] = [
  ['bundle.json', 'sigstore', 'sigstore.json'],
  ['bundle.json', 'sshsig', 'sshsig'],
  ['SHA256SUMS', 'raw', 'sig'],
  ['SHA256SUMS', 'sigstore', 'sigstore.json'],
  ['SHA256SUMS', 'sshsig', 'sshsig'],
];

/** The five files of a set, in a fixed order: the primary set, or the further set of a key. */
export function signatureFileNames(further?: Pick<PublicKey, 'fileId'>): SignatureFile[] {
  const fileId = further?.fileId;
  const infix = fileId === undefined ? '' : `.${fileId}`;
  return MEMBERS.map(([signs, format, suffix]) => {
    return { name: `${signs}${infix}.${suffix}`, signs, format, fileId };
  });
}

/** The formats that keys of a kind can make. */
export function formatsOf({ kind }: Pick<PublicKey, 'kind'>): readonly SignatureFormat[] {
  return kind === P256 ? ['sigstore', 'sshsig', 'raw'] : ['sshsig'];
}

/** Reads a file name; undefined when it is not that of a signature file. */
export function parseSignatureFileName(name: string): SignatureFile | undefined {
  const fileId = FILE_ID.exec(name)?.[1];
  const names = signatureFileNames(fileId === undefined ? undefined : { fileId });
  return names.find((file) => file.name === name);
}

/** True for the names of signature files in a kit. */
export function isSignatureFile(name: string): boolean {
  return parseSignatureFileName(name) !== undefined;
}
