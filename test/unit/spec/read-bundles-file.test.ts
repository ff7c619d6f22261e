import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { AirkitError } from '../../../src/errors.ts';
import { readBundlesFile } from '../../../src/spec/read-bundles-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'airkit-spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/bundles/${name}`, import.meta.url));

async function failureOf(path: string): Promise<AirkitError> {
  const error: unknown = await readBundlesFile(path).catch((thrown: unknown) => thrown);
  if (error instanceof AirkitError) return error;
  throw new Error('no AirkitError', { cause: error });
}

describe('readBundlesFile', () => {
  test('gives the file', async () => {
    const file = await readBundlesFile(fixture('valid/minimal.yaml'));
    expect(file.directory).toBe(fixture('valid'));
  });

  test('throws one error with every problem', async () => {
    const error = await failureOf(fixture('broken/many.yaml'));
    expect(error.code).toBe('SPEC_INVALID');
    expect(error.problems).toHaveLength(7);
    expect(error.context).toMatchObject({ line: 6, column: 14 });
  });

  test('a missing file hints at init', async () => {
    const error = await failureOf(join(folder, 'none.yaml'));
    expect(error.code).toBe('SPEC_INVALID');
    expect(error.hint).toContain('airkit init');
    expect(error.problems.map(({ code }) => code)).toEqual(['UNREADABLE']);
  });

  test('a folder, and bytes that are no UTF-8', async () => {
    expect((await failureOf(folder)).problems[0]?.code).toBe('UNREADABLE');
    const path = join(folder, 'latin1.yaml');
    writeFileSync(path, Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    expect((await failureOf(path)).problems[0]?.code).toBe('UNREADABLE');
  });

  test('stops with the reason of the signal', async () => {
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    await expect(readBundlesFile(fixture('valid/minimal.yaml'), { signal })).rejects.toBe(reason);
  });
});
