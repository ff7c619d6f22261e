import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { generateKeyPair } from '../../../src/signing/generate-key-pair.ts';
import { isSshSignedBy } from '../../../src/signing/ssh-signature-blob.ts';
import { formatPem, parsePem } from '../../../src/signing/pem.ts';
import { readPrivateKey } from '../../../src/signing/private-key.ts';
import { readPublicKeys } from '../../../src/signing/public-keys.ts';
import { INDEX, isInstalled, makePem, run, writeFolder } from './signed-kit.ts';

const KEY_INVALID = { code: 'KEY_INVALID' };
const password = async (): Promise<string> => 'open sesame';

/** `cosign generate-key-pair` of cosign 3.1.1, password `pw`. */
const COSIGN_KEY = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJZdmMxcVZiK1NiWTdGUVc1MkphemRKb1pjNGwybG9t
VUI3S3BBYldpVkRrPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiI0ZnJEcEZWZ0xGWnF1enpBd2pTTzNjM3VJTXZtTDdZRSJ9LCJj
aXBoZXJ0ZXh0IjoiZy9kMFdNbXBpdDFZUDBmMzAyMTYzY0VYTTFlUE5nR1pKWUIw
dEkxaUI4Z0xIczFDNG1YVUEvVmVReFB0QnlUb0dSa1YrdlZsR0dnM25wMjFQQXl3
S1hiVll0Y2ZhbWcxN2o5eEprWVdQMEpLV240TjkwK0NOVVdDN3BXSDhhZlU0RE1w
OEpyWmQ5WERaUzhtd1lJTDhsZks1WENrRXBjcytmZEJ4RTJaREhWMlJwRFh5bk5l
SWZUN0dYbDM3c0FqSkczVkVCZ2c5TlZBVkE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`;
const COSIGN_KEY_ID = 'SHA256:pEY2fV+o6gf0M8qpQOpG+EKmjMbv2rrqQGyCUZupF1c=';

function sealed(change: (key: Record<string, Record<string, unknown>>) => void): string {
  const json = Buffer.from(parsePem(COSIGN_KEY)[0]?.body ?? '', 'base64').toString();
  const key: Record<string, Record<string, unknown>> = JSON.parse(json);
  change(key);
  return formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(key)));
}

describe('generateKeyPair', () => {
  test('makes a pair that signs, under one key id in all three texts', async () => {
    const pair = await generateKeyPair({
      password: 'open sesame',
      principal: 'release@example.com',
    });
    const key = await readPrivateKey(pair.privateKey, { password });
    expect(key.publicKey.keyId).toBe(pair.keyId);
    for (const text of [pair.publicKey, pair.allowedSigners]) {
      const [trusted] = readPublicKeys(text, { path: 'airkit.pub' });
      expect(trusted?.keyId).toBe(pair.keyId);
      expect(trusted && isSshSignedBy(trusted, INDEX, await key.sign(INDEX))).toBe(true);
    }
    expect(pair.allowedSigners).toMatch(
      /^release@example\.com namespaces="airkit-bundle-index@v1" /,
    );
  });

  test.each(['', 'a b', '*@example.com', 'a,b', 'a"b', 'a\nb'])(
    'refuses the principal %j',
    async (principal) => {
      await expect(generateKeyPair({ password: '', principal })).rejects.toMatchObject(KEY_INVALID);
    },
  );
});

describe('readPrivateKey', () => {
  test.each(['SIGSTORE', 'COSIGN'])('reads a cosign key labelled %s', async (label) => {
    const text = COSIGN_KEY.replaceAll('SIGSTORE', label);
    const key = await readPrivateKey(text, { password: async () => 'pw' });
    expect(key.publicKey.keyId).toBe(COSIGN_KEY_ID);
  });

  test('asks for no password of a plain key', async () => {
    const ask = vi.fn<() => Promise<string>>(password);
    const key = createPrivateKey(makePem('prime256v1'));
    await readPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }).toString(), {
      password: ask,
    });
    await readPrivateKey(key.export({ type: 'sec1', format: 'pem' }).toString(), { password: ask });
    expect(ask).not.toHaveBeenCalled();
  });

  test.for([
    ['PKCS#8', 'pkcs8 -topk8 -v2 aes-256-cbc'],
    ['PKCS#8 with scrypt', 'pkcs8 -topk8 -scrypt'],
    ['SEC1', 'ec -aes256'],
  ])('reads what openssl encrypts as %s', async ([, command = ''], { skip }) => {
    skip(!isInstalled(['openssl', 'version']), 'openssl is not installed');
    const cwd = writeFolder({ 'plain.pem': makePem('prime256v1') });
    const flags = ['-in', 'plain.pem', '-passout', 'pass:open sesame'];
    const { code, output } = run(['openssl', ...command.split(' '), ...flags], { cwd });
    expect(code, output).toBe(0);
    const text = parsePem(output)[0]?.text ?? '';
    expect(text).toContain('ENCRYPTED');
    await expect(readPrivateKey(text, { password })).resolves.toBeDefined();
    await expect(readPrivateKey(text, { password: async () => 'x' })).rejects.toMatchObject(
      KEY_INVALID,
    );
    await expect(readPrivateKey(text)).rejects.toMatchObject(KEY_INVALID);
  });

  test('reads SEC1 behind the parameters that `openssl ecparam -genkey` writes first', async () => {
    const sec1 = createPrivateKey(makePem('prime256v1')).export({ type: 'sec1', format: 'pem' });
    const parameters = formatPem('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex'));
    await expect(readPrivateKey(`${parameters}${sec1.toString()}`)).resolves.toBeDefined();
  });

  test('refuses a wrong password without telling it', async () => {
    const reading = readPrivateKey(COSIGN_KEY, { password });
    await expect(reading).rejects.toMatchObject(KEY_INVALID);
    await expect(reading).rejects.not.toThrow(/sesame/);
  });

  test.each([
    ['too large N', { N: 2 ** 21, r: 8, p: 1 }],
    ['too much memory', { N: 2 ** 20, r: 64, p: 1 }],
    ['too many rounds', { N: 2 ** 15, r: 8, p: 10_000 }],
    ['N that is no power of two', { N: 65_537, r: 8, p: 1 }],
    ['no numbers', { N: 'many', r: null, p: [] }],
  ])('refuses scrypt with %s, before it works', async (_, params) => {
    const text = sealed((key) => Object.assign(key['kdf'] ?? {}, { params }));
    const started = performance.now();
    await expect(readPrivateKey(text, { password })).rejects.toMatchObject(KEY_INVALID);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('refuses other schemes, and a nonce of the wrong length', async () => {
    const changes = [
      { kdf: { name: 'md5' } },
      { cipher: { name: 'rot13' } },
      { cipher: { nonce: '' } },
    ];
    for (const change of changes) {
      const text = sealed((key) => {
        for (const [part, members] of Object.entries(change))
          Object.assign(key[part] ?? {}, members);
      });
      await expect(readPrivateKey(text, { password })).rejects.toMatchObject(KEY_INVALID);
    }
  });

  test('says of other types of key what they are', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ed = generateKeyPairSync('ed25519').privateKey;
    const pem = { type: 'pkcs8', format: 'pem' } as const;
    const reasons: [string, RegExp][] = [
      [rsa.export(pem).toString(), /RSA of 2048 bits/],
      [ed.export(pem).toString(), /ed25519/],
      [makePem('secp384r1'), /secp384r1/],
      [formatPem('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1')), /OpenSSH/],
    ];
    for (const [text, reason] of reasons) {
      await expect(readPrivateKey(text)).rejects.toMatchObject(KEY_INVALID);
      await expect(readPrivateKey(text)).rejects.toThrow(reason);
    }
  });

  test('tells a public key given by mistake', async () => {
    const { publicKey } = await readPrivateKey(makePem('prime256v1'));
    const pem = publicKey.keyObject.export({ type: 'spki', format: 'pem' }).toString();
    for (const text of [pem, 'ecdsa-sha2-nistp256 AAAAE2Vj', 'ops ssh-ed25519 AAAAC3Nz'])
      await expect(readPrivateKey(text)).rejects.toThrow(/public key/);
  });

  test('refuses text without a key, cut keys and damaged keys, and shows none of it', async () => {
    const pem = makePem('prime256v1');
    const secret = parsePem(pem)[0]?.body ?? '';
    const texts = ['', 'hello', pem.slice(0, -30), formatPem('CERTIFICATE', Buffer.from('x'))];
    for (const text of [
      ...texts,
      pem.replace('MIG', 'AIG'),
      sealed(() => undefined).replace('eyJ', 'fyJ'),
    ]) {
      const error: unknown = await readPrivateKey(text, { password }).catch((e: unknown) => e);
      expect(error).toMatchObject(KEY_INVALID);
      expect(JSON.stringify(error) + String(error)).not.toContain(secret.slice(30, 60));
      expect(error).not.toHaveProperty('cause');
    }
  });
});
