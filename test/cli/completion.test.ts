import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit } from './support/run-airkit.ts';
import { makeSite, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;
beforeAll(async () => {
  site = await makeSite(await folder.fresh());
});

const hasBash = spawnSync('bash', ['--version']).status === 0;

/** What bash offers when TAB is pressed at the end of a line. */
function offered(script: string, line: string): string[] {
  const words = line.split(' ');
  const probe = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_airkit; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', probe], {
    cwd: site.folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe.skipIf(!hasBash)('completion in bash', () => {
  test.each([
    ['airkit p', ['plan', 'pack']],
    ['airkit cache ', ['list', 'prune', '--help']],
    ['airkit cache prune --a', ['--all']],
    ['airkit load --sparse-index s', ['strip']],
    ['airkit verify --allow', ['--allow-unsigned']],
    ['airkit load --trust rel', ['release.pub']],
    ['airkit inspect oth', ['other.pub']],
  ])('%s', async (line, expected) => {
    const { code, stdout } = await airkit(site, ['completion', 'bash']);
    expect(code).toBe(0);
    expect(offered(stdout, line)).toEqual(expected);
  });
});

test.each(['zsh', 'fish'])('completion for %s names every command', async (shell) => {
  const { code, stdout } = await airkit(site, ['completion', shell]);
  expect(code).toBe(0);
  for (const command of ['pack', 'load', 'inventory', 'prune']) expect(stdout).toContain(command);
});

test('completion for another shell is a usage error', async () => {
  expect((await airkit(site, ['completion', 'tcsh'])).code).toBe(2);
});
