import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, Verifier } from '@sigstore/verify';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatAllowedSigner } from '../../../src/signing/allowed-signers.ts';
import { generateKeyPair } from '../../../src/signing/generate-key-pair.ts';
import { judgeSignatures } from '../../../src/signing/judge-signatures.ts';
import { formatPublicKeyPem } from '../../../src/signing/p256-public-key.ts';
import { readPrivateKey } from '../../../src/signing/private-key.ts';
import { readPublicKeys } from '../../../src/signing/public-keys.ts';
import { signDetached } from '../../../src/signing/sign-detached.ts';
import { INDEX, isInstalled, makePem, run, SUMS, writeFolder } from './signed-kit.ts';

const NAMESPACE = 'airkit-bundle-index@v1';
const OPENSSL = ['openssl'];
const SSH_KEYGEN = ['ssh-keygen'];
const COSIGN = (process.env['AIRKIT_COSIGN'] ?? 'cosign').split(' ');
const TAMPERED = Buffer.concat([INDEX, Buffer.of(10)]);

const privatePem = makePem('prime256v1');
const key = await readPrivateKey(privatePem);
const { sshsig, sigstore = sshsig, raw = sshsig } = await signDetached(INDEX, key);
const signatures = { sshsig, sigstore, raw };

function kitFolder(): string {
  return writeFolder({
    'k.pem': privatePem,
    'k.pub': formatPublicKeyPem(key.publicKey),
    'k.allowed_signers': formatAllowedSigner(key.publicKey, 'airkit'),
    'bundle.json': INDEX,
    tampered: TAMPERED,
    ...Object.fromEntries(Object.entries(signatures)),
  });
}

describe('openssl', () => {
  test('verifies the raw signature', ({ skip }) => {
    skip(!isInstalled([...OPENSSL, 'version']), 'openssl is not installed');
    const cwd = kitFolder();
    const verify = [...OPENSSL, 'dgst', '-sha256', '-verify', 'k.pub', '-signature', 'raw'];
    expect(run([...verify, 'bundle.json'], { cwd })).toMatchObject({ code: 0 });
    expect(run([...verify, 'tampered'], { cwd })).toMatchObject({ code: 1 });
  });

  test('makes SHA256SUMS.sig that airkit accepts', ({ skip }) => {
    skip(!isInstalled([...OPENSSL, 'version']), 'openssl is not installed');
    const cwd = kitFolder();
    const sign = [...OPENSSL, 'dgst', '-sha256', '-sign', 'k.pem', '-out', 'sig', 'bundle.json'];
    expect(run(sign, { cwd })).toMatchObject({ code: 0 });
    const files = new Map<string, Buffer>([
      ['bundle.json.sigstore.json', signatures.sigstore],
      ['SHA256SUMS.sig', readFileSync(join(cwd, 'sig'))],
    ]);
    const kit = { index: INDEX, sums: INDEX, files };
    expect(judgeSignatures(kit, [key.publicKey]).status).toBe('trusted');
  });
});

describe('ssh-keygen', () => {
  test('verifies the SSH signature in its namespace only', ({ skip }) => {
    skip(!isInstalled(SSH_KEYGEN), 'ssh-keygen is not installed');
    const cwd = kitFolder();
    const verify = [...SSH_KEYGEN, '-Y', 'verify', '-f', 'k.allowed_signers', '-s', 'sshsig'];
    const as = (...args: string[]): string[] => [...verify, ...args];
    const good = as('-I', 'airkit', '-n', NAMESPACE);
    expect(run(good, { cwd, input: INDEX })).toMatchObject({ code: 0 });
    expect(run(good, { cwd, input: TAMPERED }).code).not.toBe(0);
    expect(run(as('-I', 'airkit', '-n', 'git'), { cwd, input: INDEX }).code).not.toBe(0);
    expect(run(as('-I', 'other', '-n', NAMESPACE), { cwd, input: INDEX }).code).not.toBe(0);
  });

  test('makes SSH signatures that airkit accepts, by a key whose line airkit reads', ({ skip }) => {
    skip(!isInstalled(SSH_KEYGEN), 'ssh-keygen is not installed');
    const cwd = writeFolder({ 'bundle.json': INDEX, SHA256SUMS: SUMS });
    const make = ['-q', '-t', 'ecdsa', '-b', '256', '-N', '', '-C', 'a comment', '-f', 'id'];
    expect(run([...SSH_KEYGEN, ...make], { cwd })).toMatchObject({ code: 0 });
    const files = ['bundle.json', 'SHA256SUMS'];
    const sign = ['-Y', 'sign', '-f', 'id', '-n', NAMESPACE, ...files];
    expect(run([...SSH_KEYGEN, ...sign], { cwd })).toMatchObject({ code: 0 });
    const trusted = readPublicKeys(readFileSync(join(cwd, 'id.pub'), 'utf8'), { path: 'id.pub' });
    const { output } = run([...SSH_KEYGEN, '-l', '-f', 'id.pub'], { cwd });
    expect(output).toContain(trusted[0]?.sshFingerprint);
    const made = files.map(
      (name) => [`${name}.sshsig`, readFileSync(join(cwd, `${name}.sig`))] as const,
    );
    const kit = { index: INDEX, sums: SUMS, files: new Map(made) };
    expect(judgeSignatures(kit, trusted).status).toBe('trusted');
  });
});

test('@sigstore/verify verifies the Sigstore bundle', () => {
  const bundle = bundleFromJSON(JSON.parse(signatures.sigstore.toString()));
  const hints: string[] = [];
  const material = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: (hint: string) => {
      hints.push(hint);
      return { publicKey: key.publicKey.keyObject, validFor: () => true };
    },
  };
  const verifier = new Verifier(material, {
    tlogThreshold: 0,
    ctlogThreshold: 0,
    timestampThreshold: 0,
  });
  verifier.verify(toSignedEntity(bundle, INDEX));
  expect(`SHA256:${hints[0] ?? ''}`).toBe(key.publicKey.keyId);
  expect(() => verifier.verify(toSignedEntity(bundle, TAMPERED))).toThrow(
    expect.objectContaining({ code: 'SIGNATURE_ERROR' }),
  );
});

/** The folder must be one that the command sees; a cosign in a container or chroot does not see /tmp. */
describe('cosign', () => {
  const env = { COSIGN_PASSWORD: 'pw' };
  const offline = '--insecure-ignore-tlog=true';
  const reason = 'no cosign 3 on PATH; name one in AIRKIT_COSIGN';

  test('verifies the Sigstore bundle', ({ skip }) => {
    skip(!isInstalled([...COSIGN, 'version']), reason);
    const cwd = kitFolder();
    const verify = [...COSIGN, 'verify-blob', '--key', 'k.pub', '--bundle', 'sigstore', offline];
    expect(run([...verify, 'bundle.json'], { cwd })).toMatchObject({ code: 0 });
    expect(run([...verify, 'tampered'], { cwd }).code).not.toBe(0);
  });

  test('signs with a generated key, and airkit accepts the bundle', async ({ skip }) => {
    skip(!isInstalled([...COSIGN, 'version']), reason);
    const pair = await generateKeyPair({ password: 'pw' });
    const cwd = writeFolder({ 'k.key': pair.privateKey, 'bundle.json': INDEX });
    const shown = run([...COSIGN, 'public-key', '--key', 'k.key'], { cwd, env });
    expect(shown.output).toContain(pair.publicKey);
    const flags = ['--use-signing-config=false', '--tlog-upload=false', '--bundle', 'out'];
    const sign = [...COSIGN, 'sign-blob', '--key', 'k.key', ...flags, 'bundle.json'];
    expect(run(sign, { cwd, env })).toMatchObject({ code: 0 });
    const files = new Map([['bundle.json.sigstore.json', readFileSync(join(cwd, 'out'))]]);
    const trusted = readPublicKeys(pair.publicKey, { path: 'k.pub' });
    expect(judgeSignatures({ index: INDEX, files }, trusted).status).toBe('trusted');
  });
});
