/** Which keys load.sh believes: those of /etc/airkit/trust but revoked ones, with the tools that distributions have. */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { pack, trustAdd, type Host } from '../../src/index.ts';
import { readPublicKeys } from '../../src/signing/public-keys.ts';
import { makeSampleSite, type Site } from '../cli/support/site.ts';
import { describeWithEngines, type EngineName } from '../support/engines/availability.ts';
import { makeBareRoot, type BareRoot } from '../support/engines/bare-root.ts';
import { succeed } from '../support/engines/command.ts';
import { olderRoot } from '../support/engines/newer-tree.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const CHECKERS = ['dash', 'openssl', 'ssh-keygen'];
const GNU = [
  'awk',
  'base64',
  'cut',
  'grep',
  'mktemp',
  'od',
  'readlink',
  'sed',
  'sha256sum',
  'tail',
  'tr',
];

interface Machine {
  readonly what: string;
  readonly engines: readonly EngineName[];
  readonly tools: readonly string[];
  readonly tree?: string | undefined;
  /** What `openssl version` begins with. */
  readonly openssl: string;
}

const MACHINES: readonly Machine[] = [
  { what: "busybox's tools", engines: ['ssh'], tools: CHECKERS, openssl: 'OpenSSL 3' },
  { what: "GNU's tools", engines: ['ssh'], tools: [...CHECKERS, ...GNU], openssl: 'OpenSSL 3' },
  {
    what: 'openssl 1.1.1 and ssh-keygen 8.4',
    engines: ['older-openssl'],
    tools: CHECKERS,
    tree: olderRoot(),
    openssl: 'OpenSSL 1.1.1',
  },
];

const folder = useTempFolder();
let site: Site;
/** The writings of a public key, by how people come by them. */
let writings: Readonly<Record<'release' | 'other' | 'ed25519', Writings>>;

interface Writings {
  readonly pem?: string;
  readonly ssh: string;
  readonly keyId: string;
  readonly fingerprint: string;
}

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ops', '-f', site.path('ed')]);
  writings = {
    release: await writingsOf('release.pub'),
    other: await writingsOf('other.pub'),
    ed25519: await writingsOf('ed.pub'),
  };
  await pack(site.host, { key: 'env:RELEASE_KEY' });
  await pack(site.host, { output: 'by-ssh' });
  for (const name of ['bundle.json', 'SHA256SUMS']) {
    const flags = ['-q', '-Y', 'sign', '-f', site.path('ed'), '-n', 'airkit-bundle-index@v1'];
    const file = site.path('by-ssh', name);
    spawnSync('ssh-keygen', [...flags, file]);
    await copyFile(`${file}.sig`, `${file}.sshsig`);
    await rm(`${file}.sig`);
  }
});

async function writingsOf(name: string): Promise<Writings> {
  const text = await readFile(site.path(name), 'utf8');
  const [key] = readPublicKeys(text, { path: name });
  if (key === undefined) throw new Error(`${name} holds no key`);
  const { keyId, sshFingerprint: fingerprint } = key;
  const ssh = `${key.kind} ${key.sshBlob.toString('base64')} a comment\n`;
  return { ...(text.startsWith('-') ? { pem: text } : {}), ssh, keyId, fingerprint };
}

for (const { what, engines, tools, tree, openssl } of MACHINES) {
  describeWithEngines(engines, `load.sh with ${what}`, () => {
    let root: BareRoot;
    let host: Host;
    const trust = (): string => join(root.path, 'etc', 'airkit', 'trust');

    beforeAll(async () => {
      root = await makeBareRoot(await folder.fresh(), tools, tree);
      host = { ...site.host, systemFolder: join(root.path, 'etc') };
    });

    /** Trusts and revokes, each text in a file of its own, and checks a kit. */
    const judged = async (shell: string, call: Judging): Promise<number> => {
      const { kit = 'kit', trusted, revoked, args = '' } = call;
      await rm(trust(), { recursive: true, force: true });
      await mkdir(trust(), { recursive: true });
      for (const [index, text] of trusted.entries()) {
        const ending = text.includes('namespaces=') ? 'allowed_signers' : 'pub';
        await writeFile(join(trust(), `${index}.${ending}`), text);
      }
      for (const [index, text] of revoked.entries())
        await writeFile(join(trust(), `${index}.revoked`), text);
      const binds = { '/kit': site.path(kit) };
      return (await root.sh(`${shell} /kit/load.sh --check ${args}`, { binds, shell })).code;
    };

    test('runs with them', async () => {
      expect(await succeed(root.sh('openssl version'))).toMatch(new RegExp(`^${openssl}`, 'u'));
    });

    describe.each(['sh', 'dash'])('run by %s of busybox or Debian', (shell) => {
      test('believes keys while others are revoked', async () => {
        const { release, other, ed25519 } = writings;
        const revoked = Object.values(other).concat(`# lost\r\n\r\n${other.ssh}`, '');
        for (const trusted of [release.pem ?? '', release.ssh, signerLine(release)])
          expect(await judged(shell, { trusted: [trusted], revoked })).toBe(0);
        const call = { kit: 'by-ssh', trusted: [signerLine(ed25519)], revoked };
        expect(await judged(shell, call)).toBe(0);
      });

      test('never believes a revoked key, however it and its revocation are written', async () => {
        const { release, ed25519 } = writings;
        const codes: number[] = [];
        for (const trusted of [release.pem ?? '', signerLine(release)])
          for (const revoked of Object.values(release))
            codes.push(await judged(shell, { trusted: [trusted], revoked: ['# x\n', revoked] }));
        for (const revoked of Object.values(ed25519)) {
          const call = { kit: 'by-ssh', trusted: [signerLine(ed25519)], revoked: [revoked] };
          codes.push(await judged(shell, call));
        }
        expect(codes).toEqual(codes.map(() => 4));
      });

      test('takes what airkit trust writes, and -k does not outweigh it', async () => {
        await copyFile(site.path('release.pub'), join(root.path, 'root', 'release.pub'));
        const call = { trusted: [], revoked: [], args: '-k /root/release.pub' };
        expect(await judged(shell, call)).toBe(0);
        await trustAdd(host, 'release.pub', { system: true, revoked: true });
        const binds = { '/kit': site.path('kit') };
        const script = `${shell} /kit/load.sh --check -k /root/release.pub`;
        expect((await root.sh(script, { binds, shell })).code).toBe(4);
      });

      test('passes over the revoked line of a file for the others', async () => {
        const { release, other } = writings;
        const lines = `${signerLine(other)}${signerLine(release)}`;
        expect(await judged(shell, { trusted: [lines], revoked: [other.keyId] })).toBe(0);
        expect(await judged(shell, { trusted: [lines], revoked: [release.fingerprint] })).toBe(4);
      });

      test.each([
        'SSHKRL\n\0\0\0',
        'hello',
        '-----BEGIN PUBLIC KEY-----\nMFk=\n-----END PUBLIC KEY-----\n',
      ])('believes nobody beside a list that it cannot read: %j', async (list) => {
        const trusted = [writings.release.pem ?? ''];
        expect(await judged(shell, { trusted, revoked: [list] })).toBe(4);
      });
    });
  });
}

interface Judging {
  readonly kit?: string;
  readonly trusted: readonly string[];
  readonly revoked: readonly string[];
  readonly args?: string;
}

function signerLine({ ssh }: Writings): string {
  return `"ops,b" namespaces="airkit-bundle-index@v1" ${ssh}`;
}
