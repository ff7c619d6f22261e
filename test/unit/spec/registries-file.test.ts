import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRegistriesFile } from '../../../src/spec/check-registries-file.ts';
import { readRegistriesFile } from '../../../src/spec/read-registries-file.ts';
import { mergeRegistries } from '../../../src/spec/registry-entries.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const temporary = useTempFolder();
const check = (text: string): ReturnType<typeof checkRegistriesFile> =>
  checkRegistriesFile(text, { path: '/etc/airkit/registries.yaml' });

describe('registries.yaml', () => {
  test.each(['', 'apiVersion: airkit.dev/v1\nkind: Registries\n'])('is read, headed %j', (head) => {
    const body =
      'registries:\n  docker.io: { mirrors: ["mirror.local:5000"], rateLimit: 100/6h }\n' +
      '  registry.site-b.local: { ca: certs/site-b.pem, cert: a.cert, key: /k/a.key, plainHttp: true }\n';
    expect(check(head + body)).toEqual({
      problems: [],
      entries: {
        'docker.io': {
          mirrors: ['mirror.local:5000'],
          rateLimit: { requests: 100, seconds: 21_600 },
        },
        'registry.site-b.local': {
          ca: '/etc/airkit/certs/site-b.pem',
          cert: '/etc/airkit/a.cert',
          key: '/k/a.key',
          plainHttp: true,
        },
      },
    });
  });

  test.each([
    ['', '1:1 EMPTY_FILE'],
    ['kind: Registries\n', '1:1 MISSING_KEY'],
    ['registries: { a.io: { plainHttps: true } }\n', '1:23 UNKNOWN_KEY'],
    ['registries: { a.io: { cert: x } }\n', '1:21 MISSING_KEY'],
    ['registries: { "https://a.io": {} }\n', '1:15 SOURCE_INVALID'],
    ['registries: { a.io: { rateLimit: 5 } }\n', '1:34 WRONG_TYPE'],
    ['kind: Bundles\nregistries: {}\n', '1:7 WRONG_VALUE'],
    ['registries: {}\nbundles: []\n', '2:1 UNKNOWN_KEY'],
    ['registries:\n  a.io: {}\n  a.io: {}\n', '3:3 DUPLICATE_KEY'],
    ['registries: {\n', '2:1 YAML_SYNTAX'],
  ])('%j is refused', (text, expected) => {
    const { entries, problems } = check(text);
    expect(entries).toBeUndefined();
    expect(problems.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([
      expected,
    ]);
    for (const { frame, subject } of problems) {
      expect(frame).toContain('^');
      expect(subject).toBe('/etc/airkit/registries.yaml');
    }
  });

  test('in the documentation is valid', async () => {
    const page = await readFile(new URL('../../../docs/registries.md', import.meta.url), 'utf8');
    const [, text = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
    const { entries, problems } = check(text);
    expect(problems).toEqual([]);
    expect(Object.keys(entries ?? {})).toHaveLength(3);
  });

  test('says what was probably meant', () => {
    const { problems } = check('registries: { a.io: { plainHttps: true } }\n');
    expect(problems[0]?.hint).toContain('"plainHttp"');
  });

  test('is read from a disk, where there is one', async () => {
    const folder = await temporary.fresh();
    const path = join(folder, 'registries.yaml');
    expect(await readRegistriesFile(path)).toBeUndefined();
    expect(await readRegistriesFile(join(path, 'below'))).toBeUndefined();
    await writeFile(path, 'registries: { a.io: { ca: ca.pem } }\n');
    expect(await readRegistriesFile(path)).toEqual({ 'a.io': { ca: join(folder, 'ca.pem') } });
    expect(await readRegistriesFile(join(path, 'below'))).toBeUndefined();
    await writeFile(path, 'registries: { a.io: { ca: 1, mirror: [] } }\n');
    await expect(readRegistriesFile(path)).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      problems: [{ code: 'WRONG_TYPE' }, { code: 'UNKNOWN_KEY' }],
    });
    await mkdir(join(folder, 'folder'));
    await expect(readRegistriesFile(join(folder, 'folder'))).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      problems: [{ code: 'UNREADABLE' }],
    });
  });
});

describe('settings of several files', () => {
  test('each come from the first file that has them', () => {
    const own = { 'a.io': { rateLimit: { requests: 1, seconds: 1 }, plainHttp: false } };
    const person = { 'a.io': { ca: '/person/ca', mirrors: [] }, 'b.io': { concurrency: 2 } };
    const machine = {
      'a.io': { ca: '/etc/ca', cert: '/etc/c', key: '/etc/k', mirrors: ['m.io'], plainHttp: true },
    };
    expect(mergeRegistries([own, person, machine])).toEqual({
      'a.io': {
        rateLimit: { requests: 1, seconds: 1 },
        plainHttp: false,
        ca: '/person/ca',
        cert: '/etc/c',
        key: '/etc/k',
        mirrors: [],
      },
      'b.io': { concurrency: 2, mirrors: [], plainHttp: false },
    });
    expect(mergeRegistries([])).toEqual({});
  });
});
