import { createPrivateKey, sign } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { openExecKey, type ExecKeyOptions } from '../../../src/signing/exec-key.ts';
import { readSignerOutput } from '../../../src/signing/exec-output.ts';
import { isSignedBy } from '../../../src/signing/p256-public-key.ts';
import { readPrivateKey, type SigningKey } from '../../../src/signing/private-key.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { signDetached } from '../../../src/signing/sign-detached.ts';
import { INDEX, isInstalled, makeKey, makePem, writeFolder } from './signed-kit.ts';

const pem = makePem('prime256v1');
const { publicKey } = await readPrivateKey(pem);
const { publicKey: other } = await makeKey();
const hasOpenssl = isInstalled(['openssl', 'version']);

async function open(
  command: string,
  candidates: readonly PublicKey[] = [other, publicKey],
  options: Omit<ExecKeyOptions, 'candidates'> = {},
): Promise<SigningKey> {
  const directory = writeFolder({ 'k.pem': pem });
  const environment = { PATH: process.env['PATH'] };
  const exec = { command, environment, directory };
  return openExecKey(exec, { ...options, candidates: async () => candidates });
}

describe.skipIf(!hasOpenssl)('a command that signs', () => {
  test.each([
    ['the digest', 'openssl pkeyutl -sign -inkey k.pem'],
    ['the digest, in base64', 'openssl pkeyutl -sign -inkey k.pem | openssl base64'],
    ['the digest, by the name of its stdin', 'openssl pkeyutl -sign -inkey k.pem -in /dev/stdin'],
    ['all that it reads', 'openssl dgst -sha256 -sign k.pem'],
    ['all that it reads, in several lines', 'openssl dgst -sha256 \\\n  -sign k.pem /dev/stdin'],
    [
      'all that it reads, as Vault writes it',
      "printf 'vault:v3:' && openssl dgst -sha256 -sign k.pem | openssl base64 -A",
    ],
  ])('%s is understood: %s', async (_, command) => {
    const key = await open(command);
    expect(key.publicKey.keyId).toBe(publicKey.keyId);
    const { raw, sigstore } = await signDetached(INDEX, key);
    expect(raw !== undefined && isSignedBy(publicKey, INDEX, raw)).toBe(true);
    expect(sigstore).toBeDefined();
  });

  test('with another key than the one named is refused', async () => {
    const opening = open('openssl pkeyutl -sign -inkey k.pem', [other]);
    await expect(opening).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  test('whose key nobody knows is refused', async () => {
    const opening = open('openssl pkeyutl -sign -inkey k.pem', []);
    await expect(opening).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });
});

describe('a command', () => {
  test('that prints a private key gives that key', async () => {
    expect((await open('cat k.pem', [])).publicKey.keyId).toBe(publicKey.keyId);
  });

  test.each(['true', 'echo hello', 'exit 7', 'no-such-command-here', 'cat', 'kill $$', 'yes'])(
    'that does %j is refused',
    async (command) => {
      await expect(open(command)).rejects.toMatchObject({ code: 'KEY_INVALID' });
    },
  );

  test('that fails is told with what it said, and never shown itself', async () => {
    const command = 'pin=4711; echo "no token: $pin-or-so" | tr 47 ab >&2; exit 3';
    const error: unknown = await open(command).catch((failure: unknown) => failure);
    expect(String(error)).toContain('no token: ab11-or-so');
    expect(String(error)).not.toContain('4711');
  });

  test('is stopped with the reason of the signal', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('stopped')), 100);
    const opening = open('sleep 60', [publicKey], { signal: controller.signal });
    await expect(opening).rejects.toThrow('stopped');
  });

  test('is stopped also where the signal aborts before it runs', async () => {
    const controller = new AbortController();
    const opening = open('sleep 60', [publicKey], { signal: controller.signal });
    controller.abort(new Error('stopped'));
    await expect(opening).rejects.toThrow('stopped');
  });
});

test('r and s side by side are a signature, too', () => {
  const key = createPrivateKey(pem);
  for (let count = 0; count < 40; count += 1) {
    const plain = sign('sha256', INDEX, { key, dsaEncoding: 'ieee-p1363' });
    const writings = [plain, `${plain.toString('base64url')}\n`, plain.toString('base64')];
    for (const writing of writings) {
      const ders = readSignerOutput(Buffer.from(writing));
      expect(ders.some((der) => isSignedBy(publicKey, INDEX, der))).toBe(true);
    }
  }
  expect(readSignerOutput(Buffer.alloc(64))).toHaveLength(1);
  expect(readSignerOutput(Buffer.from(tmpdir()))).toEqual([]);
});
