import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReference, parseReference } from '../../../src/oci/reference.ts';
import { compilePattern, referenceForms } from '../../../src/select/pattern.ts';
import { chooseVersions } from '../../../src/transports/registry/choose-versions.ts';
import { expandBraces } from '../../../src/transports/registry/expand-braces.ts';
import { targetReference } from '../../../src/transports/registry/target-names.ts';
import { parseVersion } from '../../../src/oci/version.ts';
import { parseVersionRange } from '../../../src/oci/version-range.ts';
import { wantedNames, type NameBase } from '../../../src/transports/registry/wanted-names.ts';

describe('versions', () => {
  it.each([
    'latest',
    '7',
    '20260101',
    '22.04',
    '1.2.3.4',
    '01.2.3',
    '1.2.3-',
    '1.2.3-01',
    'v',
    '1.2_3',
    'sha256-ab.sig',
  ])('%s is none', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });

  it.each([
    ['>=1.30.0 <1.31.0', '1.30.0 1.30.9 v1.30', '1.31.0 1.29.9 1.30.1-rc.1 1.31.0-rc.1'],
    ['^1.2', '1.2.0 1.9.0', '2.0.0 1.1.9 2.0.0-rc.1'],
    ['^0.2.3', '0.2.3 0.2.9', '0.3.0'],
    ['~1.2', '1.2.9', '1.3.0'],
    ['1.x || >= 3.1', '1.0.0 3.1.0 4.0.0', '2.0.0 3.0.9'],
    ['1.2 - 1.4', '1.2.0 1.4.9', '1.5.0 1.1.9'],
    ['>1.2', '1.3.0', '1.2.9'],
    ['*', '0.0.0 9.9.9', '1.0.0-a'],
    ['>=1.31.0-0', '1.31.0-rc.1 1.31.0 2.0.0', '1.30.0 1.32.0-rc.1'],
    ['=v1.2.3', '1.2.3', '1.2.4'],
  ])('%s', (range, inside, outside) => {
    const accepts = parseVersionRange(range);
    const inRange = (text: string): boolean => accepts(parseVersion(text) ?? expect.fail(text));
    expect(inside.split(' ').filter((one) => !inRange(one))).toEqual([]);
    expect(outside.split(' ').filter(inRange)).toEqual([]);
  });

  it.each(['new', '1.2.3.4', '>>1', '1 -', '^', '>=1.2.3-', '^v'])('%s is no range', (text) => {
    expect(() => parseVersionRange(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('are chosen per repository, newest first to count and in the order given', () => {
    const references = [
      'a/x:v1.2.0',
      'a/x:1.10.0',
      'a/x:1.9.0',
      'a/x:old',
      'b/y:3.9',
      'b/y:2.0.0-rc.1',
    ].map(parseReference);
    const { chosen, skipped } = chooseVersions(references, { newest: 2 });
    expect(chosen.map(formatReference)).toEqual([
      'docker.io/a/x:1.10.0',
      'docker.io/a/x:1.9.0',
      'docker.io/b/y:3.9',
    ]);
    expect(skipped).toEqual([expect.stringMatching(/a\/x: .*: old$/)]);
    expect(chooseVersions(references, {}).chosen).toEqual(references);
  });
});

describe('braces', () => {
  it.each([
    ['a{b,c}d', ['abd', 'acd']],
    ['{a,b}{1,2}', ['a1', 'a2', 'b1', 'b2']],
    ['x{a,{b,c}}', ['xa', 'xb', 'xc']],
    ['v1.{29..31}', ['v1.29', 'v1.30', 'v1.31']],
    ['{08..10}{a..b}', ['08a', '08b', '09a', '09b', '10a', '10b']],
    ['{a}{}', ['{a}{}']],
    ['{a,b', ['{a,b']],
    [String.raw`\{a,b}`, [String.raw`\{a,b}`]],
    ['{3..1}', ['3', '2', '1']],
    ['{1..999999}', undefined],
    ['{a,b}'.repeat(20), undefined],
  ])('%s', (text, expected) => {
    expect(expandBraces(text)?.toSorted()).toEqual(expected?.toSorted());
  });

  it('end, whatever the text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a1{},.\\]{0,30}$/), (text) => {
        expect(expandBraces(text)?.length ?? 0).toBeLessThanOrEqual(256);
      }),
    );
  });
});

function of(pattern: string, base: NameBase = {}): unknown {
  const { exact, repositories, catalogs } = wantedNames([pattern], base);
  const starts = Object.fromEntries(catalogs);
  return [exact.map(formatReference), repositories.map(formatReference), starts];
}

describe('patterns', () => {
  const k8s = { host: 'registry.k8s.io' };
  const digest = `sha256:${'a'.repeat(64)}`;

  it.each([
    ['nginx:1.25', {}, [['docker.io/library/nginx:1.25'], [], {}]],
    [`ghcr.io/acme/api@${digest}`, {}, [[`ghcr.io/acme/api@${digest}`], [], {}]],
    [`ghcr.io/acme/api:1@${digest}`, {}, [[`ghcr.io/acme/api:1@${digest}`], [], {}]],
    ['localhost:5000/x', {}, [[], ['localhost:5000/x'], {}]],
    ['localhost:5000/x:1', {}, [['localhost:5000/x:1'], [], {}]],
    [
      'nginx:1.{25,26}',
      {},
      [['docker.io/library/nginx:1.25', 'docker.io/library/nginx:1.26'], [], {}],
    ],
    ['nginx:1.*', {}, [[], ['docker.io/library/nginx'], {}]],
    ['ghcr.io/acme/*:1', {}, [[], [], { 'ghcr.io': ['acme/'] }]],
    ['acme/a*', {}, [[], [], { 'docker.io': ['acme/a'] }]],
    ['Upper:1', {}, [[], [], {}]],
    [
      'kube-{proxy,apiserver}:v1.30.*',
      k8s,
      [[], ['registry.k8s.io/kube-proxy', 'registry.k8s.io/kube-apiserver'], {}],
    ],
    ['registry.k8s.io/pause:3.9', k8s, [['registry.k8s.io/pause:3.9'], [], {}]],
    ['*k8s*', k8s, [[], [], { 'registry.k8s.io': [''] }]],
    ['kube-*', { ...k8s, prefix: 'a/b' }, [[], [], { 'registry.k8s.io': ['a/b/kube-'] }]],
    ['registry*', k8s, [[], [], { 'registry.k8s.io': [''] }]],
    ['api:1', { ...k8s, prefix: 'a/b' }, [['registry.k8s.io/a/b/api:1'], [], {}]],
    ['nginx:1', { host: 'docker.io' }, [['docker.io/library/nginx:1'], [], {}]],
    ['[::1]:5000/a/b:1', {}, [['[::1]:5000/a/b:1'], [], {}]],
    ['[::1]:5000/a/b:1.*', {}, [[], ['[::1]:5000/a/b'], {}]],
    ['[fd00::5]/a/*', {}, [[], [], { '[fd00::5]': ['a/'] }]],
    ['[::1]:5000/a:1', { host: '[::1]:5000' }, [['[::1]:5000/a:1'], [], {}]],
  ])('%s', (pattern, base, expected) => {
    expect(of(pattern, base)).toEqual(expected);
  });

  it.each(['*', '*k8s*', 'nginx*', '?.io/x', '[ab]/x', '[a:1]/x'])(
    '%s could be of any registry',
    (pattern) => {
      expect(() => of(pattern)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );

  it('ask for every name that they match', () => {
    const name = fc.constantFrom(
      'docker.io/a/b:1',
      'docker.io/library/a:1',
      'docker.io/a/b:2',
      'docker.io/ab/c:1',
    );
    const glob = fc.stringMatching(/^[ab/:12*?{},]{1,9}$/);
    const base = { host: 'docker.io' };
    fc.assert(
      fc.property(glob, name, (pattern, text) => {
        const reference = parseReference(text);
        if (!compilePattern(pattern).matches(referenceForms(reference))) return;
        const { exact, repositories, catalogs } = wantedNames([pattern], base);
        const asked = [...exact, ...repositories].map(formatReference);
        const starts = catalogs.get('docker.io') ?? [];
        const { repository } = reference;
        const forms = [repository, ...referenceForms(reference)];
        const isAsked =
          asked.some((one) => one === text || text.startsWith(`${one}:`)) ||
          starts.some((start) => forms.some((form) => form.startsWith(start)));
        expect([pattern, text, isAsked]).toEqual([pattern, text, true]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('names in a target', () => {
  const place = { host: 'registry.site-b.local', prefix: 'team/a' };

  it.each([
    ['ghcr.io/acme/api:1', false, 'registry.site-b.local/team/a/acme/api:1'],
    ['redis', false, 'registry.site-b.local/team/a/library/redis:latest'],
    ['redis:7', true, 'registry.site-b.local/team/a/docker.io/library/redis:7'],
    ['localhost:5000/k8s/dash:1', true, 'registry.site-b.local/team/a/localhost-5000/k8s/dash:1'],
    [
      `x@sha256:${'a'.repeat(64)}`,
      false,
      `registry.site-b.local/team/a/library/x@sha256:${'a'.repeat(64)}`,
    ],
  ])('%s, scoped %s', (text, scoped, expected) => {
    expect(formatReference(targetReference(parseReference(text), { ...place, scoped }))).toBe(
      expected,
    );
  });
});
