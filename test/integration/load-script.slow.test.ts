/** load.sh as far as no engine is needed: what it believes, and what it refuses. */
import { spawnSync } from 'node:child_process';
import {
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sumFile } from '../../src/archive/sums.ts';
import { pack } from '../../src/index.ts';
import { makeSampleSite, type Site } from '../cli/support/site.ts';
import type { Outcome } from '../support/engines/command.ts';
import { loadScript, shells, sumAgain, type ScriptCall } from '../support/load-script.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { withCopy } from './support/kit-editor.ts';

const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { key: 'env:RELEASE_KEY' });
  await pack(site.host, { output: 'unsigned' });
  await mkdir(site.path('temp'));
});

const signed = (): string => site.path('kit');
const unsigned = (): string => site.path('unsigned');
const pub = (): string => site.path('release.pub');

async function append(path: string): Promise<void> {
  await writeFile(path, '\n', { flag: 'a' });
}

async function check(shell: string, kit: string, ...args: string[]): Promise<Outcome> {
  const env = { TMPDIR: site.path('temp'), HOME: site.path('home') };
  return loadScript({ shell, kit, args: ['--check', ...args], env });
}

async function codeOf(...call: Parameters<typeof check>): Promise<number> {
  return (await check(...call)).code;
}

test('is a short script in plain ASCII', async () => {
  const text = await readFile(site.path('kit', 'load.sh'), 'utf8');
  expect(text.split('\n').length).toBeLessThanOrEqual(250);
  expect(text).toMatch(/^[\t\n -~]*$/u);
});

describe.each(shells)('run by %s', (shell) => {
  const changed = async (change: (copy: string) => Promise<void>): Promise<number> =>
    withCopy(signed(), async (copy) => {
      await change(copy);
      return codeOf(shell, copy, '-k', pub());
    });

  describe('believes', () => {
    test('a PEM key, also by a relative path, and one of several', async () => {
      expect(await codeOf(shell, signed(), '-k', pub())).toBe(0);
      expect(await codeOf(shell, signed(), '-k', site.path('other.pub'), '-k', pub())).toBe(0);
      const args = ['--check', '-k', 'release.pub'];
      const call: ScriptCall = { shell, kit: 'kit', args, cwd: site.folder };
      expect((await loadScript(call)).code).toBe(0);
    });

    test('SSH keys: a line of a public key, and allowed_signers', async () => {
      const { stdout } = spawnSync('ssh-keygen', ['-i', '-m', 'PKCS8', '-f', pub()]);
      const path = site.path(`ssh-${shell}`);
      for (const prefix of ['', 'a@b,c ', '# text\n* ', 'x namespaces="airkit-bundle-index@v1" ']) {
        await writeFile(path, `${prefix}${stdout.toString()}`);
        expect(await codeOf(shell, signed(), '-k', path)).toBe(0);
      }
      await writeFile(path, `x namespaces="git" ${stdout.toString()}`);
      expect(await codeOf(shell, signed(), '-k', path)).toBe(4);
    });

    test('what has no signature, when told', async () => {
      expect(await codeOf(shell, unsigned())).toBe(4);
      expect(await codeOf(shell, unsigned(), '-k', pub())).toBe(4);
      expect(await codeOf(shell, unsigned(), '--allow-unsigned')).toBe(0);
    });

    test('a kit beside which strangers left files', async () => {
      expect(await changed(async (copy) => append(join(copy, 'bundle.tar.001')))).toBe(0);
    });

    test('a folder with any name, and prints none of its escapes', async () => {
      await withCopy(signed(), async (copy) => {
        const odd = `${copy} -e "$(exit 9)'\n\u001B[31m*\n`;
        await rename(copy, odd);
        const { code, stderr, stdout } = await check(shell, odd, '-k', pub());
        expect(code).toBe(0);
        await rm(join(odd, 'SHA256SUMS'));
        const failed = await check(shell, odd, '-k', join(odd, '\u001B[2Jkey'));
        expect(failed.code).toBe(4);
        expect(stdout + stderr + failed.stderr).not.toContain('\u001B');
      });
    });
  });

  describe('refuses', () => {
    test('another key, no key, and a key that is not there', async () => {
      expect(await codeOf(shell, signed(), '-k', site.path('other.pub'))).toBe(4);
      expect(await codeOf(shell, signed(), '-k', site.path('missing.pub'))).toBe(2);
      expect(await codeOf(shell, signed(), '--allow-unsigned', '-k', site.path('other.pub'))).toBe(
        4,
      );
    });

    test('a key in the kit, also behind links', async () => {
      await withCopy(signed(), async (copy) => {
        await cp(pub(), join(copy, 'key.pub'));
        await mkdir(`${copy}-keys`);
        await symlink(join(copy, 'key.pub'), `${copy}-keys/key.pub`);
        await symlink(copy, `${copy}-link`);
        for (const key of [join(copy, 'key.pub'), `${copy}-keys/key.pub`, `${copy}-link/key.pub`])
          for (const kit of [copy, `${copy}-link`])
            expect(await codeOf(shell, kit, '-k', key)).toBe(4);
      });
    });

    test.each(['bundle.tar', 'bundle.json', 'images.txt', 'load.sh'])(
      'a kit whose %s was changed or is gone',
      async (name) => {
        expect(await changed(async (copy) => append(join(copy, name)))).toBe(4);
        if (name === 'load.sh') return;
        expect(await changed(async (copy) => rm(join(copy, name)))).toBe(4);
      },
    );

    test('sums and signatures that were changed, and a signature that is no file', async () => {
      expect(await changed(async (copy) => append(join(copy, 'SHA256SUMS')))).toBe(4);
      expect(await changed(async (copy) => truncate(join(copy, 'SHA256SUMS.sig')))).toBe(4);
      expect(await changed(async (copy) => append(join(copy, 'SHA256SUMS.sig')))).toBe(4);
      for (const name of ['SHA256SUMS.sig', 'bundle.json.sshsig'])
        await withCopy(unsigned(), async (copy) => {
          await symlink('nowhere', join(copy, name));
          expect(await codeOf(shell, copy, '--allow-unsigned')).toBe(4);
        });
    });

    test.each(['../load', 'a b', '-w', 'x\r'])('sums of a file called %j', async (name) => {
      await withCopy(unsigned(), async (copy) => {
        const line = `${await sumFile(join(copy, 'load.sh'))}  ${name}\n`;
        await writeFile(join(copy, 'SHA256SUMS'), line, { flag: 'a' });
        expect(await codeOf(shell, copy, '--allow-unsigned')).toBe(4);
      });
    });

    test.each(['--format', '-x', 'a\u001B[2Jb', 'a;b', 'a b'])(
      'an image called %j',
      async (reference) => {
        await withCopy(unsigned(), async (copy) => {
          const line = await readFile(join(copy, 'images.txt'), 'utf8');
          await writeFile(join(copy, 'images.txt'), line.replace(/^[^\t]*/u, reference));
          await sumAgain(copy, ['bundle.json', 'bundle.tar', 'images.txt', 'load.sh']);
          const { code, stderr } = await check(shell, copy, '--allow-unsigned');
          expect([code, stderr.includes('\u001B')]).toEqual([4, false]);
        });
      },
    );

    test('a kit that has expired', async () => {
      await withCopy(unsigned(), async (copy) => {
        const path = join(copy, 'bundle.json');
        const index = await readFile(path, 'utf8');
        const codes = [];
        for (const expires of ['2020-02-29', '2999-12-31', new Date().toISOString().slice(0, 10)]) {
          await writeFile(path, index.replace(',"images":[', `,"expires":"${expires}","images":[`));
          await sumAgain(copy, ['bundle.json', 'bundle.tar', 'images.txt']);
          codes.push(await codeOf(shell, copy, '--allow-unsigned'));
        }
        expect(codes).toEqual([4, 0, 0]);
      });
    });

    test('words that it does not know, and a PATH that leads into the kit', async () => {
      for (const args of [['-x'], ['-k'], ['kit'], ['-e', ''], ['-v', site.path('nowhere')]])
        expect(await codeOf(shell, signed(), ...args)).toBe(2);
      for (const PATH of [`.:${process.env['PATH']}`, `${process.env['PATH']}:`]) {
        const call: ScriptCall = { shell, kit: signed(), args: ['--check', '-k', pub()] };
        expect((await loadScript({ ...call, env: { PATH } })).code).toBe(2);
      }
    });
  });

  test('finds volumes in other folders', async () => {
    await withCopy(unsigned(), async (copy) => {
      const archive = await readFile(join(copy, 'bundle.tar'));
      const second = `${copy}-second medium`;
      await mkdir(second);
      await rm(join(copy, 'bundle.tar'));
      await writeFile(join(copy, 'bundle.tar.001'), archive.subarray(0, 5000));
      await writeFile(join(copy, 'bundle.tar.002'), archive.subarray(5000));
      await sumAgain(copy, ['bundle.json', 'bundle.tar.001', 'bundle.tar.002', 'images.txt']);
      await rename(join(copy, 'bundle.tar.002'), join(second, 'bundle.tar.002'));
      expect(await codeOf(shell, copy, '--allow-unsigned')).toBe(4);
      expect(await codeOf(shell, copy, '--allow-unsigned', '-v', second)).toBe(0);
    });
  });

  test('leaves nothing behind', async () => {
    expect(await readdir(site.path('temp'))).toEqual([]);
  });
});
