import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson, documentOf, spawnAirkit } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';

const ESCAPE = '\u001B';
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
});

describe('the program', () => {
  test('prints the version of package.json', async () => {
    const manifest: { version: string } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(await spawnAirkit(site, ['--version'])).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });

  test('that waits for what never comes has not done its work', async () => {
    const endless = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.promises.stat = () => new Promise(() => undefined);
      syncBuiltinESMExports();
    `;
    const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(endless)}`];
    const { code, stdout, stderr } = await spawnAirkit(site, ['verify', 'kit'], { nodeFlags });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).not.toBe('');
  });

  test('prints help with every command on stdout', async () => {
    const { code, stdout, stderr } = await airkit(site, ['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const commands = 'init validate plan pack verify inspect load keygen sign cache schema';
    for (const command of commands.split(' ')) expect(stdout).toMatch(`\n  ${command} `);
  });

  test('prints help of a command with its options', async () => {
    const { code, stdout } = await spawnAirkit(site, ['pack', '--help']);
    expect(code).toBe(0);
    for (const option of ['--bundle', '--output', '--force', '--key', '--annotation', '--json'])
      expect(stdout).toContain(option);
  });

  test.each([
    ['no command', []],
    ['an unknown command', ['pakc']],
    ['an unknown option', ['plan', '--frobnicate']],
    ['a missing argument', ['verify']],
    ['one argument too many', ['verify', 'a', 'b']],
    ['a missing option', ['sign', 'kit']],
    ['an option without its value', ['pack', '-o']],
    ['options that exclude each other', ['verify', 'kit', '--quick', '--deep']],
    ['an annotation without a value', ['pack', '--annotation', 'team']],
    ['a number of days that is none', ['cache', 'prune', '--unused-days', 'x']],
  ])('refuses %s with exit 2 on stderr', async (_, args) => {
    const { code, stdout, stderr } = await airkit(site, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  test.each([[['pakc', '--json']], [['plan', '--frobnicate', '--json']], [['verify', '--json']]])(
    'tells of wrong usage in a document too: %j',
    async (args) => {
      const outcome = await airkit(site, args);
      expect(outcome.code).toBe(2);
      expect(documentOf(outcome)).toMatchObject({
        schemaVersion: 1,
        error: { code: 'USAGE', message: expect.any(String) },
      });
    },
  );

  test.each([
    ['validate', []],
    ['plan', []],
    ['pack', []],
    ['verify', ['no-kit']],
    ['inspect', ['no-kit']],
    ['load', ['no-kit', '--to', 'oci:restored']],
    ['sign', ['no-kit', '--key', 'env:RELEASE_KEY']],
  ])('%s of something that is not there fails in words and in JSON', async (command, args) => {
    const cwd = site.path('home');
    const words = await airkit(site, [command, ...args], { cwd });
    expect(words).toMatchObject({ code: 2, stdout: '' });
    expect(words.stderr).not.toMatch(/\n {4}at /);
    const { code, document } = await airkitJson(site, [command, ...args], { cwd });
    expect(code).toBe(2);
    expect(document).toMatchObject({
      schemaVersion: 1,
      error: { code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) },
    });
  });
});

describe('output', () => {
  test('is data on stdout and progress, one line per event, on stderr', async () => {
    const { code, stdout, stderr } = await spawnAirkit(site, ['pack', '-o', 'a']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${site.path('a')}\n` });
    expect(stderr).toMatch(/^listing images/m);
    expect(stderr).not.toMatch(new RegExp(`[\r${ESCAPE}]`));
  });

  test('keeps stderr empty with --quiet', async () => {
    const { code, stdout, stderr } = await airkit(site, ['pack', '-o', 'b', '--quiet']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${site.path('b')}\n`,
      stderr: '',
    });
  });

  test('shows no progress with --no-progress, but what comes next', async () => {
    const { code, stderr } = await airkit(site, ['pack', '-o', 'c', '--no-progress']);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/^(listing|writing|reading back)/m);
    expect(stderr).not.toBe('');
  });

  test('with --json is one document, and nothing else on stdout', async () => {
    const { code, document } = await airkitJson(site, ['pack', '-o', 'd']);
    expect(code).toBe(0);
    expect(document).toMatchObject({ schemaVersion: 1, kits: [{ path: site.path('d') }] });
    expect(document.error).toBeUndefined();
  });

  test('has no colours, with NO_COLOR and without', async () => {
    for (const env of [{ NO_COLOR: '1' }, { FORCE_COLOR: undefined }]) {
      const outcome = await airkit(site, ['plan'], { env });
      expect(outcome.stdout + outcome.stderr).not.toContain(ESCAPE);
    }
  });

  test.each([['plan'], ['schema']])(
    '%s into a pipe that closes early is no crash',
    async (name) => {
      const many = Array.from({ length: 40 }, (_, position) =>
        demoBundle({ name: `demo-${position}`, output: { path: `kit-${position}` } }),
      );
      await writeBundles(site.path('many.yaml'), many);
      const args = name === 'plan' ? ['plan', 'many.yaml'] : [name];
      const { code, stderr } = await spawnAirkit(site, args, {
        started: ({ stdout }) => {
          stdout?.destroy();
        },
      });
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/EPIPE|\n {4}at /);
    },
  );
});
