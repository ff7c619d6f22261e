import { describe, expect, test } from 'vitest';
import { judgeSignatures } from '../../../src/signing/judge-signatures.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { INDEX, signKit, SUMS } from './signed-kit.ts';
import { both, further, only, ours, primary, them, third, us, type Files } from './two-signers.ts';

describe('keys that do not count', () => {
  test('are named by why, as an error alone and as a warning beside a trusted one', () => {
    for (const [why, code] of [
      ['revoked', 'REVOKED_KEY'],
      ['expired', 'EXPIRED_KEY'],
      ['not-yet-valid', 'NOT_YET_VALID_KEY'],
    ] as const) {
      const options = {
        refused: [{ key: us, why }],
        revoked: new Set(why === 'revoked' ? [us.sshFingerprint] : []),
      };
      const alone = judgeSignatures({ index: INDEX, sums: SUMS, files: primary }, [them], options);
      expect(alone).toMatchObject({
        status: 'unknown-key',
        findings: [{ code, severity: 'error' }],
      });
      const beside = judgeSignatures({ index: INDEX, sums: SUMS, files: both }, [them], options);
      expect(beside).toMatchObject({
        status: 'trusted',
        findings: [{ code, severity: 'warning' }],
      });
    }
  });

  test('are found revoked by their id alone', () => {
    const options = { revoked: new Set([us.keyId.replace(/=+$/, '')]) };
    const files = only(primary, /sigstore/);
    const judgement = judgeSignatures({ index: INDEX, sums: SUMS, files }, [], options);
    expect(judgement.findings[0]?.code).toBe('REVOKED_KEY');
  });

  test('are checked all the same', () => {
    const options = { refused: [{ key: us, why: 'expired' as const }] };
    const files = only(primary, /sigstore|sig$/);
    const judgement = judgeSignatures({ index: SUMS, sums: SUMS, files }, [], options);
    expect(judgement.status).toBe('bad');
  });
});

/** Codes of the errors. */
function judgeBy(files: Files, trusted: readonly PublicKey[], threshold: number): string[] {
  const kit = { index: INDEX, sums: SUMS, files };
  const judgement = judgeSignatures(kit, trusted, { threshold });
  const errors = judgement.findings.filter(({ severity }) => severity === 'error');
  expect(judgement.status === 'trusted').toBe(errors.length === 0);
  return errors.map(({ code }) => code);
}

describe('a threshold', () => {
  test('counts different trusted keys', () => {
    expect(judgeBy(both, [us, them], 2)).toEqual([]);
    expect(judgeBy(both, [us], 2)).toEqual(['TOO_FEW_SIGNERS']);
    expect(judgeBy(both, [us, them, third], 3)).toEqual(['TOO_FEW_SIGNERS']);
    expect(judgeBy(both, [], 2)).toContain('TOO_FEW_SIGNERS');
  });

  test('counts no key twice, under whatever names', async () => {
    const twice = new Map([...primary, ...(await signKit(ours, us))]);
    expect(judgeBy(twice, [us, us], 2)).toEqual(['TOO_FEW_SIGNERS']);
  });

  test('counts only who signed both files', () => {
    const half = new Map([...primary, ...only(further, /^SHA/)]);
    expect(judgeBy(half, [us, them], 2)).toEqual(['TOO_FEW_SIGNERS']);
    expect(judgeBy(half, [us, them], 1)).toEqual([]);
  });
});

test('two halves by two trusted keys are no signature of the kit', () => {
  const halves = new Map([...only(primary, /^bundle/), ...only(further, /^SHA/)]);
  const kit = { index: INDEX, sums: SUMS, files: halves };
  const { status, findings } = judgeSignatures(kit, [us, them]);
  expect(status).toBe('bad');
  expect(findings[0]).toMatchObject({ code: 'SIGNATURE_INCOMPLETE', severity: 'error' });
});
