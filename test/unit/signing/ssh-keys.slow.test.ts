/** SSH signatures of all kinds of key, as ssh-keygen and ssh-agent make them. */
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { judgeSignatures } from '../../../src/signing/judge-signatures.ts';
import { readPublicKeys } from '../../../src/signing/public-keys.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { signDetached } from '../../../src/signing/sign-detached.ts';
import { openAgentKey } from '../../../src/signing/ssh-agent.ts';
import { parseSshKeyBlob } from '../../../src/signing/ssh-key-blob.ts';
import { isSshSignedBy } from '../../../src/signing/ssh-signature-blob.ts';
import { formatSshSignature, sshSignedData } from '../../../src/signing/ssh-signature.ts';
import { sshString, sshUint32 } from '../../../src/signing/ssh-wire.ts';
import { INDEX, isInstalled, run, SUMS, writeFolder } from './signed-kit.ts';

const NAMESPACE = 'airkit-bundle-index@v1';
const hasSsh = isInstalled(['ssh-keygen']) && isInstalled(['ssh-add', '-l']);
const KINDS = [
  ['ed25519', []],
  ['rsa', ['-b', '2048']],
  ['ecdsa', ['-b', '256']],
  ['ecdsa', ['-b', '384']],
  ['ecdsa', ['-b', '521']],
] as const;

function keyFolder(type: string, bits: readonly string[]): { cwd: string; key: PublicKey } {
  const cwd = writeFolder({ 'bundle.json': INDEX, SHA256SUMS: SUMS });
  const args = ['-q', '-t', type, ...bits, '-N', '', '-C', 'ops@build7', '-f', 'id'];
  expect(run(['ssh-keygen', ...args], { cwd })).toMatchObject({ code: 0 });
  const [key] = readPublicKeys(readFileSync(join(cwd, 'id.pub'), 'utf8'), { path: 'id.pub' });
  if (key === undefined) throw new Error('no key in id.pub');
  return { cwd, key };
}

function signByHand(cwd: string, namespace = NAMESPACE): Map<string, Buffer> {
  const args = ['-Y', 'sign', '-f', 'id', '-n', namespace, 'bundle.json', 'SHA256SUMS'];
  expect(run(['ssh-keygen', ...args], { cwd })).toMatchObject({ code: 0 });
  return new Map(
    ['bundle.json', 'SHA256SUMS'].map((name) => {
      renameSync(join(cwd, `${name}.sig`), join(cwd, `${name}.sshsig`));
      return [`${name}.sshsig`, readFileSync(join(cwd, `${name}.sshsig`))];
    }),
  );
}

/** What ssh-keygen says of a signature over INDEX. */
function verifyByHand(key: PublicKey, sshsig: Uint8Array): number | null {
  const line = `ops namespaces="${NAMESPACE}" ${key.kind} ${key.sshBlob.toString('base64')}\n`;
  const cwd = writeFolder({ allowed: line, sshsig });
  const verify = ['-Y', 'verify', '-f', 'allowed', '-I', 'ops', '-n', NAMESPACE, '-s', 'sshsig'];
  return run(['ssh-keygen', ...verify], { cwd, input: INDEX }).code;
}

describe.skipIf(!hasSsh)('ssh-keygen -Y sign', () => {
  test.each(KINDS)('%s %j: airkit knows the key and trusts a kit it signed', (type, bits) => {
    const { cwd, key } = keyFolder(type, bits);
    const shown = run(['ssh-keygen', '-l', '-f', 'id.pub'], { cwd }).output;
    expect(shown).toContain(key.sshFingerprint);
    const files = signByHand(cwd);
    const kit = { index: INDEX, sums: SUMS, files };
    const judged = judgeSignatures(kit, [key]);
    expect(judged.status).toBe('trusted');
    expect(judged.findings).toHaveLength(key.kind === 'ecdsa-sha2-nistp256' ? 3 : 0);
    expect(judgeSignatures(kit, []).status).toBe('unknown-key');
    expect(judgeSignatures({ ...kit, index: SUMS }, [key]).status).toBe('bad');
  });

  test('in another namespace never counts', () => {
    const { cwd, key } = keyFolder('ed25519', []);
    const files = signByHand(cwd, 'file');
    const judged = judgeSignatures({ index: INDEX, sums: SUMS, files }, [key]);
    expect(judged.status).toBe('bad');
    expect(judged.findings.map(({ code }) => code)).toContain('BAD_SIGNATURE');
  });

  test('one flipped byte of the armour is found', () => {
    const { cwd, key } = keyFolder('ed25519', []);
    const files = signByHand(cwd);
    const bytes = files.get('bundle.json.sshsig') ?? Buffer.alloc(0);
    for (let at = 0; at < bytes.byteLength; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      const changed = new Map([...files, ['bundle.json.sshsig', flipped]]);
      expect(judgeSignatures({ index: INDEX, sums: SUMS, files: changed }, [key]).status).toBe(
        'bad',
      );
    }
  });
});

describe.skipIf(!hasSsh)('ssh-agent', () => {
  test.each(KINDS)('%s %j: signs what ssh-keygen verifies', async (type, bits) => {
    const { cwd, key } = keyFolder(type, bits);
    const socketPath = await startAgent(cwd);
    expect(run(['ssh-add', '-q', 'id'], { cwd, env: { SSH_AUTH_SOCK: socketPath } }).code).toBe(0);
    for (const selector of ['ops@build7', key.sshFingerprint, key.keyId]) {
      const opened = await openAgentKey({ socketPath, selector });
      expect(opened.publicKey.keyId).toBe(key.keyId);
    }
    const opened = await openAgentKey({ socketPath, selector: 'id.pub', publicKey: key });
    const { sshsig, sigstore, raw } = await signDetached(INDEX, opened);
    expect(verifyByHand(key, sshsig)).toBe(0);
    const isP256 = key.kind === 'ecdsa-sha2-nistp256';
    expect([sigstore, raw].map((bytes) => bytes !== undefined)).toEqual([isP256, isP256]);
  });

  test('is asked for no more than it takes at once', async () => {
    const { cwd, key } = keyFolder('ecdsa', ['-b', '256']);
    const socketPath = await startAgent(cwd);
    run(['ssh-add', '-q', 'id'], { cwd, env: { SSH_AUTH_SOCK: socketPath } });
    const opened = await openAgentKey({ socketPath, selector: key.keyId });
    const large = Buffer.alloc(300 * 1024, 1);
    const { sshsig, sigstore } = await signDetached(large, opened);
    expect(sigstore).toBeUndefined();
    const files = new Map([['bundle.json.sshsig', sshsig]]);
    expect(judgeSignatures({ index: large, files }, [key]).status).toBe('trusted');
    await expect(signDetached(Buffer.alloc(230 * 1024), opened)).resolves.toHaveProperty('raw');
  });

  test('that lacks the key, holds two of one comment, or is not there is told', async () => {
    const { cwd } = keyFolder('ed25519', []);
    const socketPath = await startAgent(cwd);
    const failing = [
      { socketPath, selector: 'nobody' },
      { socketPath: join(cwd, 'none'), selector: 'x' },
    ];
    for (const choice of failing)
      await expect(openAgentKey(choice)).rejects.toMatchObject({ code: 'KEY_INVALID' });
    const env = { SSH_AUTH_SOCK: socketPath };
    const second = keyFolder('ed25519', []);
    for (const folder of [cwd, second.cwd]) run(['ssh-add', '-q', 'id'], { cwd: folder, env });
    const both = openAgentKey({ socketPath, selector: 'ops@build7' });
    await expect(both).rejects.toMatchObject({ code: 'KEY_INVALID' });
    const one = await openAgentKey({ socketPath, selector: second.key.sshFingerprint });
    expect(one.publicKey.keyId).toBe(second.key.keyId);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(openAgentKey({ socketPath, selector: 'x' }, { signal })).rejects.toThrow(
      'stopped',
    );
  });
});

/** A token is nothing but a key that signs more than it is asked to (OpenSSH PROTOCOL.u2f). */
describe('a key in a FIDO token', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const kind = 'sk-ssh-ed25519@openssh.com';
  const keyOf = (application: string): PublicKey | undefined =>
    parseSshKeyBlob(Buffer.concat([kind, point, application].map(sshString)));

  function signature(flags: number): Buffer {
    const token = Buffer.concat([Buffer.of(flags), sshUint32(7)]);
    const message = Buffer.concat([sha256('ssh:'), token, sha256(sshSignedData(INDEX))]);
    const bytes = sign(null, message, privateKey);
    return Buffer.concat([sshString(kind), sshString(bytes), token]);
  }

  test('signs when it was touched, for its application', ({ skip }) => {
    const key = keyOf('ssh:');
    const elsewhere = keyOf('ssh:other');
    if (key === undefined || elsewhere === undefined) throw new Error('the key is not read');
    const data = sshSignedData(INDEX);
    expect(isSshSignedBy(key, data, signature(1))).toBe(true);
    expect(isSshSignedBy(key, data, signature(5))).toBe(true);
    expect(isSshSignedBy(key, data, signature(0))).toBe(false);
    expect(isSshSignedBy(elsewhere, data, signature(1))).toBe(false);
    expect(elsewhere.keyId).not.toBe(key.keyId);
    skip(!hasSsh, 'ssh-keygen is not installed');
    expect(verifyByHand(key, formatSshSignature({ publicKey: key, blob: signature(1) }))).toBe(0);
  });
});

test('an RSA key below 2048 bits is no key', () => {
  const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { n = '', e = '' } = rsa.export({ format: 'jwk' });
  const mpints = [
    Buffer.from(e, 'base64url'),
    Buffer.concat([Buffer.of(0), Buffer.from(n, 'base64url')]),
  ];
  const blob = Buffer.concat([sshString('ssh-rsa'), ...mpints.map(sshString)]);
  expect(parseSshKeyBlob(blob)).toBeUndefined();
});

function sha256(bytes: Uint8Array | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}

async function startAgent(folder: string): Promise<string> {
  const socketPath = join(folder, 'agent.sock');
  const agent = spawn('ssh-agent', ['-D', '-a', socketPath], { stdio: 'ignore' });
  onTestFinished(async () => {
    agent.kill();
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
  });
  for (let tries = 0; !existsSync(socketPath); tries += 1) {
    if (tries > 200) throw new Error('ssh-agent did not start');
    await sleep(25);
  }
  return socketPath;
}
