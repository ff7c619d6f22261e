/** Which files folders and globs stand for. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { expandGlob } from '../../../src/discovery/expand-glob.ts';
import { scanPath } from '../../../src/discovery/scan-path.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const temporary = useTempFolder();
let folder: string;

const FILES = ['b.yaml', 'a.yml', 'c.json', 'sub/deep/d.yaml', 'sub/e.yaml', '.hidden/f.yaml'];

beforeAll(async () => {
  folder = join(await temporary.fresh(), 'with [odd] {name}');
  for (const name of [...FILES, 'node_modules/x.yaml', '.git/y.yaml', 'main.go']) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    const pod = `apiVersion: v1\nkind: Pod\nspec: { containers: [{ image: "x/${name.replaceAll(/\W/g, '')}:1" }] }\n`;
    await writeFile(join(folder, name), pod);
  }
  await symlink('/etc', join(folder, 'sub', 'link'));
});

describe('a glob', () => {
  test.each([
    ['*.yaml', ['b.yaml']],
    ['**/*.yaml', ['b.yaml', 'sub/deep/d.yaml', 'sub/e.yaml']],
    ['sub/**/*.yaml', ['sub/deep/d.yaml', 'sub/e.yaml']],
    ['*/*.yaml', ['sub/e.yaml']],
    ['{b.yaml,c.json}', ['b.yaml', 'c.json']],
    ['[ab].*', ['a.yml', 'b.yaml']],
    ['?.json', ['c.json']],
    ['.hidden/*', ['.hidden/f.yaml']],
    ['sub/../b.yaml', ['b.yaml']],
    ['nowhere/*.yaml', []],
    ['s*/link/*', []],
    ['not-there.yaml', ['not-there.yaml']],
  ])('%s', async (glob, expected) => {
    const found = await expandGlob(glob, { directory: folder });
    const names = found.map((path) => relative(folder, path));
    expect(names.filter((name) => name !== 'sub/deep')).toEqual(expected);
  });

  test('below another folder', async () => {
    const found = await expandGlob('../*.yaml', { directory: join(folder, 'sub') });
    expect(found).toEqual([join(folder, 'b.yaml')]);
  });
});

test('a folder is walked in the order of names; links and other files are told', async () => {
  const display = (path: string): string => relative(folder, path);
  const { images, problems } = await scanPath(folder, { environment: {}, display });
  expect(images.map(({ place }) => place.file)).toEqual([
    '.hidden/f.yaml',
    'a.yml',
    'b.yaml',
    'c.json',
    'sub/deep/d.yaml',
    'sub/e.yaml',
  ]);
  expect(problems.map(({ code, subject }) => [code, subject])).toEqual([
    ['NOT_LOOKED_AT', 'sub/link'],
    ['NOT_LOOKED_AT', ''],
  ]);
});

test.each([
  ['bytes that are no text', Buffer.from([0x69, 0xff, 0xfe]), 'UNREADABLE'],
  ['nothing', Buffer.from(' \n'), 'EMPTY'],
])('a file of %s is told', async (_, bytes, code) => {
  const path = join(await temporary.fresh(), 'a.yaml');
  await writeFile(path, bytes);
  const { problems } = await scanPath(path, { environment: {}, display: () => 'a.yaml' });
  expect(problems).toMatchObject([{ code, subject: 'a.yaml' }]);
});
