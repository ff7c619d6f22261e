import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeSignatures, type SignatureJudgement } from '../../../src/signing/judge-signatures.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { isSignatureFile, signatureFileNames } from '../../../src/signing/signature-files.ts';
import { flip, INDEX, signKit, SUMS } from './signed-kit.ts';
import {
  both,
  further,
  only,
  ours,
  primary,
  theirs,
  them,
  third,
  us,
  type Files,
} from './two-signers.ts';

function judge(files: Files, trusted: readonly PublicKey[]): SignatureJudgement {
  return judgeSignatures({ index: INDEX, sums: SUMS, files }, trusted);
}

function codesOf({ findings }: SignatureJudgement): string[] {
  return findings.map(({ code, severity, subject }) => `${severity} ${code} ${subject ?? ''}`);
}

describe('a kit with one set', () => {
  test('is trusted by its key', () => {
    expect(judge(primary, [third, us])).toEqual({
      status: 'trusted',
      signers: [{ keyId: us.keyId, trusted: true, files: [...primary.keys()].toSorted() }],
      findings: [],
    });
  });

  test('is of an unknown key to everybody else; the finding names all keys', () => {
    const { status, signers, findings } = judge(primary, [them, third, third]);
    expect({ status, signers }).toMatchObject({
      status: 'unknown-key',
      signers: [{ keyId: us.keyId, trusted: false }],
    });
    expect(findings).toMatchObject([{ code: 'UNKNOWN_KEY', severity: 'error' }]);
    for (const { keyId } of [us, them, third]) expect(findings[0]?.message).toContain(keyId);
    expect(judge(primary, []).status).toBe('unknown-key');
  });

  test('is bad when a signed file changed, whoever is trusted', () => {
    for (const trusted of [[us], [them], []]) {
      const changed = { index: Buffer.concat([INDEX, Buffer.of(10)]), sums: SUMS, files: primary };
      const judgement = judgeSignatures(changed, trusted);
      expect(judgement.status).toBe('bad');
      const errors = codesOf(judgement).filter((code) => !code.includes('UNKNOWN_KEY'));
      expect(errors).toEqual([
        'error BAD_SIGNATURE bundle.json.sigstore.json',
        'error BAD_SIGNATURE bundle.json.sshsig',
      ]);
    }
  });

  test('without any signature file is unsigned', () => {
    for (const files of [new Map(), new Map([['bundle.json', INDEX]])]) {
      const judgement = judge(files, [us]);
      expect(judgement).toMatchObject({ status: 'unsigned', signers: [] });
      expect(codesOf(judgement)).toEqual(['error UNSIGNED ']);
    }
  });

  test('may lack either format, with a warning for each missing file', () => {
    for (const format of [/sigstore/, /sshsig/]) {
      const judgement = judge(only(primary, format), [us]);
      expect(judgement.status).toBe('trusted');
      expect(codesOf(judgement)).toHaveLength(3);
      expect(codesOf(judgement).every((c) => c.startsWith('warning SIGNATURE_INCOMPLETE'))).toBe(
        true,
      );
    }
  });

  test('must be signed over both files', () => {
    const halves = [
      [/^bundle/, 'SHA256SUMS'],
      [/^SHA/, 'bundle.json'],
      [/\.sig$/, 'bundle.json'],
    ] as const;
    for (const [half, uncovered] of halves) {
      const judgement = judge(only(primary, half), [us]);
      expect(judgement.status).toBe('bad');
      expect(codesOf(judgement)[0]).toBe(`error SIGNATURE_INCOMPLETE ${uncovered}`);
    }
  });

  test('may come without SHA256SUMS and its signatures, but not without SHA256SUMS alone', () => {
    const archive = only(primary, /^bundle/);
    expect(judgeSignatures({ index: INDEX, files: archive }, [us])).toMatchObject({
      status: 'trusted',
      findings: [],
    });
    const removed = judgeSignatures({ index: INDEX, files: primary }, [us]);
    expect(removed.status).toBe('bad');
    expect(codesOf(removed)[0]).toBe('error SIGNATURE_INCOMPLETE SHA256SUMS.sig');
  });

  test('cannot be checked with Sigstore bundles of an unknown key alone', () => {
    const judgement = judge(only(primary, /sigstore/), [them]);
    expect(judgement.status).toBe('unknown-key');
    expect(judgement.signers).toMatchObject([{ keyId: us.keyId, trusted: false }]);
    const unnamed = judge(only(primary, /\.sig$/), [them]);
    expect(unnamed).toMatchObject({ status: 'unknown-key', signers: [] });
  });
});

describe('a kit with two sets', () => {
  test('is trusted by either key, with a warning for the other', () => {
    for (const [known, unknown] of [
      [us, them],
      [them, us],
    ] as const) {
      const judgement = judge(both, [known]);
      expect(judgement.status).toBe('trusted');
      expect(judgement.findings).toMatchObject([{ code: 'UNKNOWN_KEY', severity: 'warning' }]);
      expect(judgement.signers).toHaveLength(2);
      expect(judgement.signers).toContainEqual(
        expect.objectContaining({ keyId: unknown.keyId, trusted: false }),
      );
    }
    expect(judge(both, [us, them])).toMatchObject({ status: 'trusted', findings: [] });
    expect(judge(both, [third]).status).toBe('unknown-key');
  });

  test('does not take the sums of an unknown key for those of a trusted one', () => {
    const mixed = new Map([...only(primary, /^bundle/), ...further]);
    expect(judge(mixed, [us]).status).toBe('bad');
    expect(judge(mixed, [us, them]).status).toBe('trusted');
  });

  test('counts files of one key under two names as one signer', async () => {
    const twice = new Map([...primary, ...(await signKit(ours, us))]);
    expect(judge(twice, [us])).toMatchObject({ status: 'trusted', signers: [{ keyId: us.keyId }] });
    expect(judge(twice, [us]).signers[0]?.files).toHaveLength(10);
  });

  test('is bad when a file stands under the name of another key', async () => {
    const named = await signKit(theirs, us);
    for (const trusted of [[us], [them], [us, them], []]) {
      expect(judge(new Map([...primary, ...named]), trusted).status).toBe('bad');
      expect(judge(named, trusted).status).toBe('bad');
      expect(judge(only(named, /sigstore/), trusted).status).toBe('bad');
    }
  });
});

test('the file of another key in a set is bad, and is the one named', async () => {
  const foreign = await signKit(theirs);
  for (const [name, bytes] of foreign) {
    for (const trusted of [[us], [them], [us, them], []]) {
      const judgement = judge(new Map([...primary, [name, bytes]]), trusted);
      expect(judgement.status).toBe('bad');
      expect(codesOf(judgement)[0]).toBe(`error BAD_SIGNATURE ${name}`);
    }
  }
});

test('signatures of the two files cannot stand for each other', () => {
  for (const format of ['sigstore.json', 'sshsig']) {
    const swapped = new Map(primary);
    swapped.set(`bundle.json.${format}`, primary.get(`SHA256SUMS.${format}`) ?? INDEX);
    expect(judge(swapped, [us]).status).toBe('bad');
  }
});

describe('any flipped byte', () => {
  test.each(signatureFileNames().map(({ name }) => [name] as const))(
    'of %s is found and the file named, also when the key is unknown',
    (name) => {
      const length = primary.get(name)?.byteLength ?? 0;
      for (let at = 0; at < length; at++) {
        const flipped = flip(primary, name, { at, mask: 1 });
        const judgement = judge(flipped, at % 2 === 0 ? [us] : []);
        expect(judgement.status).toBe('bad');
        expect(codesOf(judgement)).toContain(`error BAD_SIGNATURE ${name}`);
      }
    },
  );

  test('of either set makes the kit bad, whoever is trusted', () => {
    const trusts = fc.subarray([us, them, third]);
    const name = fc.constantFrom(...both.keys());
    const change = fc.record({ at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(trusts, name, change, (trusted, file, where) => {
        const judgement = judge(flip(both, file, where), trusted);
        expect(judgement.status).toBe('bad');
        expect(codesOf(judgement)).toContain(`error BAD_SIGNATURE ${file}`);
      }),
      { numRuns: 300 },
    );
  });

  test('is never trusted, whichever other files were removed', () => {
    const names = fc.subarray([...both.keys()], { minLength: 1 });
    const change = fc.record({ at: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(names, fc.nat(), change, (kept, which, where) => {
        const files = new Map([...both].filter(([name]) => kept.includes(name)));
        const flipped = flip(files, kept[which % kept.length] ?? '', where);
        const { status } = judge(flipped, [us, them]);
        expect(['bad', 'unknown-key']).toContain(status);
      }),
      { numRuns: 300 },
    );
  });
});

test('removing files never makes a kit of an unknown key better', () => {
  fc.assert(
    fc.property(fc.subarray([...both.keys()]), (kept) => {
      const files = new Map([...both].filter(([name]) => kept.includes(name)));
      expect(judge(files, [third]).status).toBe(kept.length === 0 ? 'unsigned' : 'unknown-key');
    }),
  );
});

test('signature files are known by their names', () => {
  const good = [...signatureFileNames(), ...signatureFileNames(us)].map(({ name }) => name);
  expect(good).toEqual([
    ...primary.keys(),
    ...[...further.keys()].map((n) => n.replace(them.fileId, us.fileId)),
  ]);
  for (const name of good) expect(isSignatureFile(name)).toBe(true);
  const bad = [
    'bundle.json',
    'bundle.json.sig',
    'SHA256SUMS',
    'bundle.json.abc.sshsig',
    'bundle.tar.sshsig',
  ];
  for (const name of [...bad, `x${good[0] ?? ''}`, `SHA256SUMS.${us.fileId.slice(1)}G.sig`])
    expect(isSignatureFile(name)).toBe(false);
});
