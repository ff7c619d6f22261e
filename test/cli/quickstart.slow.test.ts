import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = useTempFolder();

test('the quickstart goes the whole way without an engine, and restores what it packed', async () => {
  const TMPDIR = await folder.fresh();
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [`${root}scripts/quickstart.mjs`],
    { env: { HOME: TMPDIR, TMPDIR, PATH: '/nowhere' } },
  );
  expect(stderr).toBe('');
  const commands = [...stdout.matchAll(/^ {3}\$ airkit (\w+)/gm)].map(([, name]) => name);
  expect(commands).toEqual([
    'validate',
    'plan',
    'keygen',
    'pack',
    'verify',
    'inspect',
    'load',
    'load',
  ]);
  expect(await readdir(TMPDIR)).toEqual([]);
  const output = `${root}quickstart-output`;
  expect((await readdir(output)).toSorted()).toEqual([
    'layout',
    'quickstart-1.0.0',
    'receipt-2.json',
    'receipt.json',
    'restored',
  ]);
  expect(JSON.parse(await readFile(`${output}/receipt-2.json`, 'utf8'))).toMatchObject({
    results: Array.from({ length: 4 }, () => ({ status: 'already-present' })),
  });
});
