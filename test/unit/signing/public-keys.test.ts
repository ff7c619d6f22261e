import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatAllowedSigner } from '../../../src/signing/allowed-signers.ts';
import { formatPublicKeyPem } from '../../../src/signing/p256-public-key.ts';
import { formatPem } from '../../../src/signing/pem.ts';
import { readPublicKeys } from '../../../src/signing/public-keys.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { findTrustFiles } from '../../../src/signing/trust-files.ts';
import { readTrust } from '../../../src/signing/trusted-keys.ts';
import { makeKey, makePem, writeFolder } from './signed-kit.ts';

const PATH = { path: 'trust/keys.pub' };
const KEY_INVALID = { code: 'KEY_INVALID', context: PATH };
const a = (await makeKey()).publicKey;
const b = (await makeKey()).publicKey;

function sshLine(key: PublicKey): string {
  return `ecdsa-sha2-nistp256 ${key.sshBlob.toString('base64')}`;
}

function idsOf(text: string): string[] {
  return readPublicKeys(text, PATH).map(({ keyId }) => keyId);
}

function refusal(text: string): unknown {
  try {
    return readPublicKeys(text, PATH);
  } catch (error) {
    return error;
  }
}

describe('readPublicKeys', () => {
  test('reads PEM, one block or several, also with text between and CRLF', () => {
    const both = `# ours\n${formatPublicKeyPem(a)}\ntheirs:\n${formatPublicKeyPem(b)}`;
    expect(idsOf(formatPublicKeyPem(a))).toEqual([a.keyId]);
    expect(idsOf(both)).toEqual([a.keyId, b.keyId]);
    expect(idsOf(both.replaceAll('\n', '\r\n'))).toEqual([a.keyId, b.keyId]);
  });

  test('reads lines of ssh-keygen and of allowed_signers', () => {
    const lines = [
      '# comment',
      '',
      `${sshLine(a)} ops@build7`,
      formatAllowedSigner(b, 'airkit'),
      `"a b,c@d" ${sshLine(a)}`,
      `x NAMESPACES="file,airkit-bundle-index@v1" ${sshLine(b)}`,
    ];
    expect(idsOf(lines.join('\n'))).toEqual([a.keyId, b.keyId, a.keyId, b.keyId]);
  });

  test('gives every name of a key', () => {
    const [key] = readPublicKeys(sshLine(a), PATH);
    expect(key).toMatchObject({
      keyId: a.keyId,
      fileId: Buffer.from(a.keyId.slice(7), 'base64').toString('hex').slice(0, 16),
      sshFingerprint: a.sshFingerprint,
    });
    expect(key?.spki.equals(a.spki)).toBe(true);
  });

  test('passes over lines for other purposes, even of other types', () => {
    const git = 'dev@x namespaces="git" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5';
    expect(idsOf(`${git}\n${sshLine(a)}`)).toEqual([a.keyId]);
    expect(refusal(git)).toMatchObject(KEY_INVALID);
  });

  test('refuses options that it would have to ignore', () => {
    for (const option of [
      'cert-authority',
      'valid-before="tomorrow"',
      'valid-before="20270230"',
      'valid-before',
      'valid-after="20270101",valid-before="20260101"',
      'namespaces="*",namespaces="git"',
      'no-touch-required',
      'namespaces="airkit-bundle-index@v1",x',
    ])
      expect(refusal(`ops ${option} ${sshLine(a)}`)).toMatchObject(KEY_INVALID);
  });

  test('refuses other types of key, damage and emptiness', () => {
    const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const offCurve = Buffer.from(a.sshBlob);
    offCurve.writeUInt8(offCurve.readUInt8(90) ^ 1, 90);
    const texts = [
      '',
      'hello',
      rsa.export({ type: 'spki', format: 'pem' }).toString(),
      rsa.export({ type: 'pkcs1', format: 'pem' }).toString(),
      formatPem('PUBLIC KEY', a.spki.subarray(1)),
      formatPem('CERTIFICATE', a.spki),
      formatPublicKeyPem(a).slice(0, -40),
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5',
      'ops ecdsa-sha2-nistp384 AAAAE2Vj',
      `ecdsa-sha2-nistp256 ${offCurve.toString('base64')}`,
      sshLine(a).slice(0, -8),
    ];
    for (const text of texts) expect(refusal(text), text).toMatchObject(KEY_INVALID);
  });

  test('refuses a private key, and does not show it', () => {
    const pem = makePem('prime256v1');
    const error = refusal(pem);
    expect(error).toMatchObject(KEY_INVALID);
    expect(String(error)).toMatch(/private key/);
    expect(String(error)).not.toContain(pem.split('\n')[1]);
  });
});

describe('readTrust', () => {
  test('reads files and folders, in order', async () => {
    const folder = writeFolder({
      'b.pub': formatPublicKeyPem(b),
      'b.allowed_signers': formatAllowedSigner(b, 'airkit'),
      'a.pub': formatPublicKeyPem(a),
      'c.revoked': '# nobody yet\n',
      'notes.txt': 'not a key',
      '.hidden.pub': 'not a key',
    });
    const { keys, warnings } = await readTrust([join(folder, 'b.pub'), folder]);
    expect(keys.map(({ key }) => key.keyId)).toEqual([b, a, b, b].map(({ keyId }) => keyId));
    expect(warnings).toEqual([]);
    const found = await findTrustFiles([folder]);
    expect(found.map(({ path, kind }) => `${kind} ${path}`)).toEqual(
      ['keys a.pub', 'keys b.allowed_signers', 'keys b.pub', 'revoked c.revoked'].map((each) =>
        each.replace(' ', ` ${folder}/`),
      ),
    );
  });

  test('skips absent and empty folders only when they are optional', async () => {
    const empty = writeFolder({});
    for (const path of [empty, join(empty, 'absent')]) {
      expect((await readTrust([{ path, optional: true }])).keys).toEqual([]);
      await expect(readTrust([path])).rejects.toMatchObject({
        code: 'KEY_INVALID',
        context: { path },
      });
    }
  });

  test('passes over a bad file of a folder with a warning, but not one that was named', async () => {
    const folder = writeFolder({
      'bad.pub': 'hello',
      'private.pub': makePem('prime256v1'),
      'a.pub': formatPublicKeyPem(a),
    });
    mkdirSync(join(folder, 'dir.pub'));
    for (const path of [folder, { path: folder, optional: true }]) {
      const { keys, warnings } = await readTrust([path]);
      expect(keys.map(({ key }) => key.keyId)).toEqual([a.keyId]);
      expect(warnings).toMatchObject(
        ['bad.pub', 'dir.pub', 'private.pub'].map((name) => ({
          code: 'KEY_INVALID',
          severity: 'warning',
          subject: join(folder, name),
        })),
      );
    }
    const path = join(folder, 'bad.pub');
    await expect(readTrust([path])).rejects.toMatchObject({
      code: 'KEY_INVALID',
      context: { path },
    });
  });

  test('never passes over a list of revoked keys', async () => {
    for (const text of ['hello', 'SSHKRL\n\0', makePem('prime256v1')]) {
      const folder = writeFolder({ 'x.revoked': text });
      const path = join(folder, 'x.revoked');
      const reading = readTrust([{ path: folder, optional: true }]);
      await expect(reading).rejects.toMatchObject({ code: 'KEY_INVALID', context: { path } });
    }
  });

  test('stops with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(readTrust(['x'], { signal })).rejects.toThrow('stopped');
  });
});
