import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkBundlesFile } from '../../../src/spec/check-bundles-file.ts';

const folder = new URL('../../fixtures/bundles/broken/', import.meta.url);

/** `# expect: LINE:COLUMN CODE, …` in the first line. */
function expectedOf(text: string): string[] {
  const [, list = ''] = /^# expect: (.*)/.exec(text) ?? [];
  return list.split(', ');
}

describe('broken bundles files', () => {
  const cases = readdirSync(folder).map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    return { name, text, expected: expectedOf(text) };
  });

  test('there are many of them, several with more than one mistake', () => {
    expect(cases.length).toBeGreaterThanOrEqual(24);
    expect(cases.filter(({ expected }) => expected.length > 1).length).toBeGreaterThan(10);
  });

  test.each(cases)('$name', ({ name, text, expected }) => {
    const { file, problems } = checkBundlesFile(text, { path: name });
    expect(file).toBeUndefined();
    expect(problems.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual(expected);
    for (const problem of problems) {
      expect(problem).toMatchObject({ subject: name, severity: 'error' });
      expect(problem.frame).toContain('^');
    }
  });

  test.each(cases)(
    '$name with CRLF and a byte order mark is as broken',
    ({ name, text, expected }) => {
      const crlf = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
      const { problems } = checkBundlesFile(crlf, { path: name });
      expect(problems.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual(
        expected,
      );
    },
  );
});

describe('hints', () => {
  const head =
    'apiVersion: airkit.dev/v1\nkind: Bundles\nbundles:\n  - name: a\n    version: "1"\n';
  const hintOf = (body: string): string =>
    checkBundlesFile(head + body, { path: 'x.yaml' }).problems[0]?.hint ?? '';

  test.each([
    ['images: [*k8s*]', '"*k8s*"'],
    ['images: [1.30]', '"1.30"'],
    ['images: [{ nginx: 1.30 }]', '"nginx:1.30"'],
    ['images: ["docker://nginx"]', 'registry'],
    ['images: [{ from: "docker://ghcr.io/x", include: ["*"] }]', '"registry://ghcr.io/x"'],
    ['images: [{ form: docker, include: ["*"] }]', '"from"'],
    ['images: [{ include: ["*"], platforms: [amd64] }]', '"linux/amd64"'],
    ['images: [{ include: "*k8s*" }]', '["*k8s*"]'],
    ['images: [{ from: registry, include: ["a"], semver: ">=abc" }]', '"^1.2"'],
    ['images: ["!*rc*"]', 'exclude'],
    ['images: ["*"]\n    sign: { key: "-----BEGIN PRIVATE KEY-----" }', 'Never'],
    ['images: ["*"]\n    output: { volumeSize: 4 GiBs }', '4GiB'],
  ])('%s', (body, keyword) => {
    expect(hintOf(`    ${body}\n`)).toContain(keyword);
  });
});

describe('secrets', () => {
  test('a key in the file is shown nowhere', () => {
    const name = 'key-inline.yaml';
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(text).toContain('MIGHAgEAMBMGByqGSM49');
    const shown = JSON.stringify(checkBundlesFile(text, { path: name }).problems);
    expect(shown).not.toContain('MIGHAgEAMBMGByqGSM49');
  });
});
