import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalName,
  familiarName,
  formatFamiliar,
  formatReference,
  parseReference,
  withDefaultTag,
} from '../../../src/oci/reference.ts';

const HEX = '1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a';
const DIGEST = `sha256:${'f'.repeat(64)}`;
const invalid = { code: 'REFERENCE_INVALID' };

describe('names that distribution/reference takes', () => {
  it.each([
    ['debian', 'docker.io/library/debian', 'debian'],
    ['library/debian', 'docker.io/library/debian', 'debian'],
    ['docker/docker', 'docker.io/docker/docker', 'docker/docker'],
    ['docker.io/debian', 'docker.io/library/debian', 'debian'],
    ['docker.io/library/debian', 'docker.io/library/debian', 'debian'],
    ['docker.io/docker/docker', 'docker.io/docker/docker', 'docker/docker'],
    ['index.docker.io/debian', 'docker.io/library/debian', 'debian'],
    ['index.docker.io/library/debian', 'docker.io/library/debian', 'debian'],
    ['index.docker.io/docker/docker', 'docker.io/docker/docker', 'docker/docker'],
    ['docker.io/library/foo/bar', 'docker.io/library/foo/bar', 'library/foo/bar'],
    ['127.0.0.1:5000/debian', '127.0.0.1:5000/debian', '127.0.0.1:5000/debian'],
    ['192.168.0.1', 'docker.io/library/192.168.0.1', '192.168.0.1'],
    ['192.168.0.1:80', 'docker.io/library/192.168.0.1:80', '192.168.0.1:80'],
    ['192.168.0.1:8/debian', '192.168.0.1:8/debian', '192.168.0.1:8/debian'],
    ['localhost/name', 'localhost/name', 'localhost/name'],
    ['localhost', 'docker.io/library/localhost', 'localhost'],
    ['localhost:80', 'docker.io/library/localhost:80', 'localhost:80'],
    ['localhost:5000/a/b:c', 'localhost:5000/a/b:c', 'localhost:5000/a/b:c'],
    ['[fc00::1]:5000/docker', '[fc00::1]:5000/docker', '[fc00::1]:5000/docker'],
    ['[2001:db8::1]/repo:tag', '[2001:db8::1]/repo:tag', '[2001:db8::1]/repo:tag'],
    ['Docker/docker', 'Docker/docker', 'Docker/docker'],
    ['EXAMPLE.com:80/a', 'EXAMPLE.com:80/a', 'EXAMPLE.com:80/a'],
    [`docker.io/${HEX}`, `docker.io/library/${HEX}`, HEX],
    ['xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com/myimage:xn--n3h.com', undefined],
    ['foo_bar.com:8080', 'docker.io/library/foo_bar.com:8080', 'foo_bar.com:8080'],
    ['foo/foo_bar.com:8080', 'docker.io/foo/foo_bar.com:8080', 'foo/foo_bar.com:8080'],
    ['a--b__c.d-e', 'docker.io/library/a--b__c.d-e', 'a--b__c.d-e'],
    ['thisisasong/thatneverends', 'docker.io/thisisasong/thatneverends', undefined],
    [`r@${DIGEST}`, `docker.io/library/r@${DIGEST}`, `r@${DIGEST}`],
    [`t.com:80/r:v@${DIGEST}`, `t.com:80/r:v@${DIGEST}`, `t.com:80/r:v@${DIGEST}`],
    [`t.com/r:${'t'.repeat(128)}`, `t.com/r:${'t'.repeat(128)}`, undefined],
    ['t.com/r:_Tag.1-x', 't.com/r:_Tag.1-x', undefined],
  ])('%s is %s', (text, canonical, familiar) => {
    const reference = parseReference(text);
    expect(formatReference(reference)).toBe(canonical);
    expect(formatFamiliar(reference)).toBe(familiar ?? text);
  });

  it('splits host, repository, tag and digest', () => {
    expect(parseReference(`ghcr.io:443/acme/api:1.4@${DIGEST}`)).toEqual({
      registry: 'ghcr.io:443',
      repository: 'acme/api',
      tag: '1.4',
      digest: DIGEST,
    });
    expect(Object.keys(parseReference('redis'))).toEqual(['registry', 'repository']);
  });
});

describe('names that distribution/reference refuses', () => {
  it.each([
    '',
    ':justtag',
    `@${DIGEST}`,
    'repo@sha256:ffff',
    `repo@sha256:${'F'.repeat(64)}`,
    `repo@sha512:${'f'.repeat(128)}`,
    `validname@invaliddigest:${'f'.repeat(128)}`,
    `repo@${DIGEST}@${DIGEST}`,
    'Uppercase:tag',
    'Uppercase',
    'docker/Docker',
    'docker.io/docker/Docker',
    'test:5000/Uppercase/lowercase:tag',
    'https://github.com/docker/docker',
    'docker://nginx',
    '-docker',
    '-docker/docker',
    '-docker.io/docker/docker',
    'docker///docker',
    'docker.io/docker///docker',
    'docker.io/',
    '/docker',
    'docker/',
    HEX,
    'aa/asdf$$^/aa',
    'a^b',
    'a___b',
    'a..b',
    'a_-b',
    'b-/c',
    '.a',
    'name:',
    'name:-tag',
    'name:.tag',
    'name:a b',
    `name:${'t'.repeat(129)}`,
    '[fc00::1]',
    '[fc00::1]:5000',
    'fc00::1:5000/debian',
    '[fe80::1%eth0]:5000/debian',
    '[2001:db8:3:4::192.0.2.33]:5000/debian',
    'host:port/name',
    'dash-.io/a',
    `${'a/'.repeat(128)}a:tag`,
    'name\n',
    'name:tag\n',
    'host.io/na\u00efve',
    'host.io/a\0b',
  ])('%j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining(invalid));
  });
});

const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}$/);
const host = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', 'localhost:5000', '[fc00::1]:5000', 'ACME'),
  fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,5}(?::[0-9]{1,5})?$/),
);
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `@sha256:${hex}`);
const reference = fc
  .tuple(
    host,
    fc.array(component, { minLength: 1, maxLength: 4 }),
    fc.option(
      tag.map((text) => `:${text}`),
      { nil: '' },
    ),
    fc.option(digest, { nil: '' }),
  )
  .map(([registry, path, tagged, pinned]) => `${registry}/${path.join('/')}${tagged}${pinned}`)
  // Docker's own short form of docker.io/a.b/c is a.b/c, which is then a name of the host a.b.
  .filter((text) => !/^docker\.io\/(?:[^/:@]*\.[^/:@]*|localhost)\//.test(text));

const tagged = (text: string): string => formatReference(withDefaultTag(parseReference(text)));

describe('parsing and formatting', () => {
  it('are inverse to one another, in both spellings', () => {
    fc.assert(
      fc.property(reference, (text) => {
        const parsed = parseReference(text);
        expect(parseReference(formatReference(parsed))).toEqual(parsed);
        expect(parseReference(formatFamiliar(parsed))).toEqual(parsed);
        expect(formatReference(parseReference(formatReference(parsed)))).toBe(
          formatReference(parsed),
        );
        expect(formatReference(parsed).startsWith(canonicalName(parsed))).toBe(true);
        expect(formatFamiliar(parsed).startsWith(familiarName(parsed))).toBe(true);
      }),
    );
  });

  it('never fail in another way than REFERENCE_INVALID', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9/:@.[\]_-]{0,40}$/));
    fc.assert(
      fc.property(text, (any) => {
        try {
          expect(formatReference(parseReference(any)).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject(invalid);
        }
      }),
    );
  });

  it('adds latest only where neither tag nor digest is written', () => {
    expect(tagged('redis')).toBe('docker.io/library/redis:latest');
    expect(tagged('redis:7')).toBe('docker.io/library/redis:7');
    expect(tagged(`redis@${DIGEST}`)).toBe(`docker.io/library/redis@${DIGEST}`);
  });
});
