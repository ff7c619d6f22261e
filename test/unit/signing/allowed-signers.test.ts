import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllowedSigners } from '../../../src/signing/allowed-signers.ts';
import { validityOf } from '../../../src/signing/key-entry.ts';
import { matchesPatternList } from '../../../src/signing/pattern-list.ts';
import { isRevoked, parseRevokedKeys } from '../../../src/signing/revoked-keys.ts';
import { formatPublicKeyPem } from '../../../src/signing/p256-public-key.ts';
import { parseSshTime } from '../../../src/signing/ssh-time.ts';
import { judgeKeys } from '../../../src/signing/trusted-keys.ts';
import { makeKey } from './signed-kit.ts';

const { publicKey: key } = await makeKey();
const { publicKey: other } = await makeKey();
const sshKey = `${key.kind} ${key.sshBlob.toString('base64')}`;
const KEY_INVALID = expect.objectContaining({ code: 'KEY_INVALID' });

/** Whole seconds of the years that four digits hold. */
const instants = fc
  .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') })
  .filter((date) => !Number.isNaN(date.getTime()))
  .map((date) => Math.floor(date.getTime() / 1000) * 1000);

function sshTimeOf(time: number): string {
  return `${new Date(time).toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`;
}

describe('times', () => {
  test('in UTC are read to the second', () => {
    fc.assert(
      fc.property(instants, (time) => {
        expect(parseSshTime(sshTimeOf(time))).toBe(time);
        const day = `${sshTimeOf(time).slice(0, 8)}z`;
        expect(parseSshTime(day)).toBe(Math.floor(time / 86_400_000) * 86_400_000);
      }),
    );
  });

  test('without a Z are of the local time zone, as for ssh-keygen', () => {
    expect(parseSshTime('20260301')).toBe(new Date(2026, 2, 1).getTime());
    expect(parseSshTime('202603011345')).toBe(new Date(2026, 2, 1, 13, 45).getTime());
    expect(parseSshTime('20260301134559')).toBe(new Date(2026, 2, 1, 13, 45, 59).getTime());
  });

  test.each(['', '2026', '2026-03-01', '20260230', '20261301', '202603012500', '20260301T', '0'])(
    '%j is none',
    (text) => {
      expect(parseSshTime(text)).toBeUndefined();
    },
  );
});

describe('lines', () => {
  test('of any writing of options give the same key and the same interval', () => {
    const order = fc.shuffledSubarray(['namespaces', 'valid-after', 'valid-before'], {
      minLength: 3,
    });
    const principals = fc.constantFrom('a', '*@example.com', '"a b,c"', 'ssh,ops');
    const times = fc.tuple(instants, instants).filter(([a, b]) => a !== b);
    fc.assert(
      fc.property(order, principals, times, (names, who, [a, b]) => {
        const [after, before] = [Math.min(a, b), Math.max(a, b)];
        const values: Record<string, string> = {
          namespaces: 'git,airkit-*',
          'valid-after': sshTimeOf(after),
          'valid-before': sshTimeOf(before),
        };
        const options = names.map(
          (name) => `${a > b ? name.toUpperCase() : name}="${values[name] ?? ''}"`,
        );
        const [entry, ...more] = parseAllowedSigners(`${who} ${options.join(',')} ${sshKey} me\n`);
        expect(more).toEqual([]);
        expect(entry).toMatchObject({ validAfter: after, validBefore: before });
        expect(entry?.key.keyId).toBe(key.keyId);
        for (const [at, validity] of [
          [after - 1, 'not-yet-valid'],
          [after, 'valid'],
          [before, 'valid'],
          [before + 1, 'expired'],
        ] as const)
          expect(entry && validityOf(entry, at)).toBe(validity);
      }),
    );
  });

  test('of any text are read or refused with a code', () => {
    const piece = fc.constantFrom(
      'a ',
      'namespaces="',
      '"',
      ',',
      'valid-before=',
      sshKey,
      ' ',
      '\n',
      '#',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 8 }), (pieces) => {
        try {
          for (const entry of parseAllowedSigners(pieces.join('')))
            expect(entry.key.keyId).toBe(key.keyId);
        } catch (error) {
          expect(error).toEqual(KEY_INVALID);
        }
      }),
    );
  });

  test('with cert-authority or a kind of key that cannot be checked are refused', () => {
    for (const line of [
      `ops cert-authority ${sshKey}`,
      `ops CERT-AUTHORITY,namespaces="airkit-bundle-index@v1" ${sshKey}`,
      'ops ssh-dss AAAAB3NzaC1kc3M=',
      'ops ssh-ed25519-cert-v01@openssh.com AAAA',
    ])
      expect(() => parseAllowedSigners(line)).toThrow(KEY_INVALID);
  });
});

test.each([
  ['airkit-bundle-index@v1', true],
  ['*', true],
  ['git,airkit-*', true],
  ['airkit-bundle-index@v?', true],
  ['*,!airkit-*', false],
  ['git', false],
  ['airkit-bundle-index', false],
  ['airkit.bundle-index@v1', false],
])('the namespaces %s admit kits: %j', (list, isAdmitted) => {
  expect(matchesPatternList('airkit-bundle-index@v1', list)).toBe(isAdmitted);
});

describe('revoked keys', () => {
  test.each([
    ['PEM', formatPublicKeyPem(key)],
    ['an SSH public key', `${sshKey} comment`],
    ['a line of allowed_signers', `ops namespaces="git" ${sshKey}`],
    ['a key id', key.keyId],
    ['a key id without padding', `# why\n\n  ${key.keyId.replace('=', '')} lost\n`],
    ['an SSH fingerprint', key.sshFingerprint],
  ])('are given as %s', (_, text) => {
    const revoked = parseRevokedKeys(text, { path: 'x.revoked' });
    expect(isRevoked(revoked, { keyId: key.keyId, key })).toBe(true);
    expect(isRevoked(revoked, { keyId: other.keyId, key: other })).toBe(false);
  });

  test('may be of kinds that airkit cannot check', () => {
    const revoked = parseRevokedKeys('ssh-dss AAAAB3NzaC1kc3M=', { path: 'x.revoked' });
    expect(revoked.size).toBe(1);
  });

  test.each(['hello', 'SHA256:short', 'SSHKRL\n\0\0', '-----BEGIN PUBLIC KEY-----\n'])(
    '%j is no list of them',
    (text) => {
      expect(() => parseRevokedKeys(text, { path: 'x.revoked' })).toThrow(
        expect.objectContaining({ code: 'KEY_INVALID', context: { path: 'x.revoked' } }),
      );
    },
  );
});

describe('judgeKeys', () => {
  const entry = { key, path: 'a', text: '' };
  const none = new Set<string>();

  test('trusts a key while one of its entries is valid', () => {
    const keys = [
      { ...entry, validBefore: 10 },
      { ...entry, validAfter: 20 },
    ];
    const trust = { keys, revoked: none, warnings: [] };
    for (const [at, trusted] of [
      [10, [key]],
      [15, []],
      [20, [key]],
    ] as const)
      expect(judgeKeys(trust, at).trusted).toEqual(trusted);
    expect(judgeKeys(trust, 15).refused).toMatchObject([{ key: { keyId: key.keyId } }]);
  });

  test('never trusts a revoked key, whatever the date', () => {
    const revoked = new Set([key.sshFingerprint]);
    const keys = [entry, { ...entry, key: other }, { ...entry, validBefore: 10 }];
    const judged = judgeKeys({ keys, revoked, warnings: [] }, 5);
    expect(judged.trusted.map(({ keyId }) => keyId)).toEqual([other.keyId]);
    expect(judged.refused).toEqual([{ key, why: 'revoked' }]);
  });
});
