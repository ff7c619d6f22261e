import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatEcdsaDer, parseEcdsaDer } from '../../../src/signing/ecdsa-signature.ts';
import { signDetached } from '../../../src/signing/sign-detached.ts';
import { formatSigstoreBundle, parseSigstoreBundle } from '../../../src/signing/sigstore-bundle.ts';
import { formatSshSignature, parseSshSignature } from '../../../src/signing/ssh-signature.ts';
import { INDEX, makeKey } from './signed-kit.ts';

const BAD_SIGNATURE = { code: 'VERIFICATION_FAILED', problems: [{ code: 'BAD_SIGNATURE' }] };
const key = await makeKey();
const { sshsig, sigstore = sshsig, raw = sshsig } = await signDetached(INDEX, key);

/** Everything that one edit can make of the bytes. */
const edits = fc.record({
  at: fc.nat(),
  mask: fc.integer({ min: 1, max: 255 }),
  kind: fc.constantFrom('flip', 'insert', 'delete', 'cut', 'append'),
});
type Edit = typeof edits extends fc.Arbitrary<infer T> ? T : never;

function edit(bytes: Buffer, { at, mask, kind }: Edit): Buffer {
  const place = at % bytes.byteLength;
  const before = bytes.subarray(0, place);
  if (kind === 'append') return Buffer.concat([bytes, Buffer.of(mask)]);
  if (kind === 'cut') return before;
  if (kind === 'insert') return Buffer.concat([before, Buffer.of(mask), bytes.subarray(place)]);
  const after = bytes.subarray(place + 1);
  if (kind === 'delete') return Buffer.concat([before, after]);
  return Buffer.concat([before, Buffer.of(bytes.readUInt8(place) ^ mask), after]);
}

describe('Sigstore bundle', () => {
  test('is the line that cosign writes', () => {
    expect(sigstore.toString()).toBe(
      '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",' +
        `"verificationMaterial":{"publicKey":{"hint":"${key.publicKey.keyId.slice(7)}"}},` +
        '"messageSignature":{"messageDigest":{"algorithm":"SHA2_256",' +
        `"digest":"${parseSigstoreBundle(sigstore).digest.toString('base64')}"},` +
        `"signature":"${raw.toString('base64')}"}}`,
    );
  });

  test('reads what cosign 3.1.1 wrote', () => {
    const bundle = Buffer.from(
      `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"pEY2fV+o6gf0M8qpQOpG+EKmjMbv2rrqQGyCUZupF1c="}},"messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"40ZDICGwQXlRjZYU81YMzXE1Sk7hAd3LiT1pWanWMBw="},"signature":"MEUCIQCrHTousjCW/R6Z8G1Ww3wGCaTIKS63sN3FyKGMSAcu/gIgPui5Mua3TOC1CeljNfCwcYdyz4Q3A5TTBwpgTGK6YRo="}}`,
    );
    expect(formatSigstoreBundle(parseSigstoreBundle(bundle)).equals(bundle)).toBe(true);
  });

  test('is refused in any other writing', () => {
    const text = sigstore.toString();
    const writings = [
      `${text}\n`,
      text.replace(',', ', '),
      text.replace('{', '{"tlogEntries":[],'),
      text.replace('"SHA2_256"', '"SHA2_384"'),
      text.replace('"hint":"', '"hint":"A'),
      JSON.stringify(JSON.parse(text), undefined, 2),
      '',
      '[]',
      'null',
      'x'.repeat(10_000),
    ];
    for (const writing of writings)
      expect(() => parseSigstoreBundle(Buffer.from(writing))).toThrow(
        expect.objectContaining({ code: 'VERIFICATION_FAILED' }),
      );
  });
});

describe('SSH signature', () => {
  test('is armoured in 70 columns and read back', () => {
    const lines = sshsig.toString().split('\n');
    expect(lines.at(0)).toBe('-----BEGIN SSH SIGNATURE-----');
    expect(lines.slice(-2)).toEqual(['-----END SSH SIGNATURE-----', '']);
    expect(lines.slice(1, -3).every((line) => line.length === 70)).toBe(true);
    const parsed = parseSshSignature(sshsig);
    expect(parsed.publicKey.keyId).toBe(key.publicKey.keyId);
    expect(formatSshSignature(parsed).equals(sshsig)).toBe(true);
  });

  test('is refused in any other writing', () => {
    const text = sshsig.toString();
    const other = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
    const renamed = Buffer.from(other.toString('latin1').replace('index@v1', 'index@v2'), 'latin1');
    const writings = [
      text.trimEnd(),
      text.replaceAll('\n', '\r\n'),
      `${text}\n`,
      text.replace(other.toString('base64').slice(0, 70), renamed.toString('base64').slice(0, 70)),
      `-----BEGIN SSH SIGNATURE-----\n${renamed.toString('base64')}\n-----END SSH SIGNATURE-----\n`,
      '',
      'x'.repeat(10_000),
    ];
    for (const writing of writings.filter((each) => each !== text))
      expect(() => parseSshSignature(Buffer.from(writing))).toThrow(
        expect.objectContaining({ code: 'VERIFICATION_FAILED' }),
      );
  });
});

describe('one edit of one byte', () => {
  const formats = [
    ['sigstore', sigstore, (bytes: Buffer) => formatSigstoreBundle(parseSigstoreBundle(bytes))],
    ['sshsig', sshsig, (bytes: Buffer) => formatSshSignature(parseSshSignature(bytes))],
  ] as const;
  test.each(formats)('of a %s is refused, or is another canonical text', (_, bytes, again) => {
    fc.assert(
      fc.property(edits, (change) => {
        const edited = edit(bytes, change);
        try {
          expect(again(edited).equals(edited)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject(BAD_SIGNATURE);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of DER is refused, or is another canonical DER', () => {
    fc.assert(
      fc.property(edits, (change) => {
        const edited = edit(raw, change);
        const parsed = parseEcdsaDer(edited);
        expect(parsed === undefined || formatEcdsaDer(parsed).equals(edited)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ['nothing', ''],
  ['zero', '3006020100020101'],
  ['a negative number', '3006020180020101'],
  ['a number with a needless zero', '300702020001020101'],
  ['a long form of the length', '308106020101020101'],
  ['bytes behind the end', '300602010102010100'],
  ['a third number', '3009020101020101020101'],
])('DER with %s is refused', (_, hex) => {
  expect(parseEcdsaDer(Buffer.from(hex, 'hex'))).toBeUndefined();
});

test('DER of small and of large numbers is read', () => {
  for (const hex of ['3006020101020101', '30080202008002020080'])
    expect(parseEcdsaDer(Buffer.from(hex, 'hex'))).toBeDefined();
});

test('a signature that is not by the stated key is not handed out', async () => {
  const other = await makeKey();
  const liar = { publicKey: key.publicKey, sign: other.sign };
  await expect(signDetached(INDEX, liar)).rejects.toMatchObject({ code: 'KEY_INVALID' });
  const garbled = { publicKey: key.publicKey, sign: async () => Buffer.from('no DER') };
  await expect(signDetached(INDEX, garbled)).rejects.toMatchObject({ code: 'KEY_INVALID' });
});
