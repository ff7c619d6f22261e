import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson, documentOf, type Outcome } from './support/run-airkit.ts';
import { makeSite, type Site } from './support/site.ts';

const fixtures = fileURLToPath(new URL('../fixtures/bundles/', import.meta.url));
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
});

async function validateAll(flags: readonly string[], files: readonly string[]): Promise<Outcome[]> {
  return Promise.all(
    files.map(async (file) => airkit(site, ['validate', file, ...flags], { cwd: fixtures })),
  );
}

describe('validate', () => {
  const names = readdirSync(join(fixtures, 'broken'));
  const files = names.map((name) => join('broken', name));
  let words: Outcome[] = [];
  let documents: Outcome[] = [];

  beforeAll(async () => {
    [words, documents] = await Promise.all([
      validateAll([], files),
      validateAll(['--json'], files),
    ]);
  });

  /** `LINE:COLUMN CODE` of each mistake, as the first line of the file says. */
  function expectedOf(file: string): string[] {
    const [, list = ''] = /^# expect: (.*)/.exec(readFileSync(join(fixtures, file), 'utf8')) ?? [];
    return list.split(', ');
  }

  test.each(files.map((file, position) => ({ file, position })))(
    '$file exits 2 with every place on stderr and in the document',
    ({ file, position }) => {
      const expected = expectedOf(file);
      expect(words[position]).toMatchObject({ code: 2, stdout: '' });
      for (const place of expected)
        expect(words[position]?.stderr).toContain(`${file}:${place.split(' ')[0]}: `);
      const found = documents[position];
      expect(found).toMatchObject({ code: 2, stderr: '' });
      const { schemaVersion, error } = documentOf(found ?? { code: 0, stdout: '', stderr: '' });
      expect(schemaVersion).toBe(1);
      expect(error).toMatchObject({
        code: 'SPEC_INVALID',
        message: expect.any(String),
        problems: expected.map((place) => ({
          code: place.split(' ')[1],
          line: Number(place.split(':')[0]),
          column: Number.parseInt(place.split(':')[1] ?? '', 10),
        })),
      });
    },
  );

  test('accepts every valid file', async () => {
    const valid = readdirSync(join(fixtures, 'valid')).map((name) => join('valid', name));
    const outcomes = await validateAll(['--json'], valid);
    expect(outcomes.map(({ code }) => code)).toEqual(valid.map(() => 0));
    for (const outcome of outcomes)
      expect(documentOf(outcome)).toMatchObject({ bundles: expect.any(Array) });
  });

  test('shows a code frame for people and names the bundles of a good file', async () => {
    const bad = await airkit(site, ['validate', join(fixtures, 'broken', 'unknown-key.yaml')]);
    expect(bad.stderr).toMatch(/\n.*\^/);
    const good = await airkit(site, ['validate', join(fixtures, 'valid', 'minimal.yaml')]);
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(good.stdout).toContain('1 bundle');
  });
});

describe('init', () => {
  test('writes a file that validate accepts', async () => {
    expect(await airkit(site, ['init', '--quiet'])).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(site.path('bundles.yaml'), 'utf8')).toMatch(/^# yaml-language-server: /);
    expect(await airkit(site, ['validate'])).toMatchObject({ code: 0 });
  });

  test('never overwrites', async () => {
    await writeFile(site.path('mine.yaml'), 'mine');
    const { code, document } = await airkitJson(site, ['init', 'mine.yaml']);
    expect(code).toBe(2);
    expect(document.error?.code).toBe('OUTPUT_EXISTS');
    expect(await readFile(site.path('mine.yaml'), 'utf8')).toBe('mine');
  });
});

test('schema prints bundles.schema.json', async () => {
  const schema = await readFile(new URL('../../bundles.schema.json', import.meta.url), 'utf8');
  expect(await airkit(site, ['schema'])).toEqual({ code: 0, stdout: schema, stderr: '' });
});
