import { generateKeyPairSync } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readPrivateKey, type SigningKey } from '../../../src/signing/private-key.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { signDetached } from '../../../src/signing/sign-detached.ts';
import { signatureFileNames } from '../../../src/signing/signature-files.ts';

export const INDEX: Buffer = Buffer.from(
  '{"mediaType":"application/vnd.airkit.bundle-index.v1+json"}',
);
export const SUMS: Buffer = Buffer.from(`${'0'.repeat(64)}  bundle.tar\n`);

/** A key without a password: making one costs no scrypt. */
export async function makeKey(): Promise<SigningKey> {
  return readPrivateKey(makePem('prime256v1'));
}

/** PKCS#8 PEM on any curve. */
export function makePem(namedCurve: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The signature files of a kit by one key, under the names of the primary set or of `named`. */
export async function signKit(
  key: SigningKey,
  named?: Pick<PublicKey, 'fileId'>,
): Promise<Map<string, Buffer>> {
  const signatures = {
    'bundle.json': await signDetached(INDEX, key),
    SHA256SUMS: await signDetached(SUMS, key),
  };
  const files = signatureFileNames(named);
  return new Map(
    files.flatMap(({ name, signs, format }) => {
      const bytes = signatures[signs][format];
      return bytes === undefined ? [] : [[name, bytes] as const];
    }),
  );
}

/** The same files, one byte of one changed. */
export function flip(
  files: ReadonlyMap<string, Buffer>,
  name: string,
  change: { readonly at: number; readonly mask: number },
): Map<string, Buffer> {
  const bytes = Buffer.from(files.get(name) ?? []);
  const at = change.at % bytes.byteLength;
  bytes.writeUInt8(bytes.readUInt8(at) ^ change.mask, at);
  return new Map([...files, [name, bytes]]);
}

/** Writes files into a folder that goes away with the test. */
export function writeFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'airkit-signing-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  return folder;
}

export interface RunOptions {
  readonly cwd: string;
  readonly input?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end; `code` is null when there is no such command. */
export function run(
  command: readonly string[],
  { cwd, input, env }: RunOptions,
): { code: number | null; output: string } {
  const [file = '', ...rest] = command;
  const done = spawnSync(file, rest, {
    cwd,
    input: input ?? '',
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  return { code: done.status, output: done.stdout + done.stderr };
}

/** True when the command can be started at all. */
export function isInstalled(command: readonly string[]): boolean {
  return run(command, { cwd: tmpdir() }).code !== null;
}
