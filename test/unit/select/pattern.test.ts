import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReference } from '../../../src/oci/reference.ts';
import { compilePattern, referenceForms } from '../../../src/select/pattern.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function matches(pattern: string, name: string): boolean {
  return compilePattern(pattern).matches(referenceForms(parseReference(name)));
}

describe('patterns that match', () => {
  it.each([
    ['*k8s*', 'registry.k8s.io/kube-proxy:v1.30'],
    ['*k8s*', 'ghcr.io/acme/k8s-agent:2.3'],
    ['*k8s*', 'localhost:5000/k8s/dash:1'],
    ['*k8s*', 'k8s'],
    ['*', 'registry.k8s.io/coredns/coredns:v1.11.1'],
    ['**', 'registry.k8s.io/coredns/coredns:v1.11.1'],
    ['redis', 'redis:7'],
    ['redis:7', 'redis:7'],
    ['redis:*', 'redis:7.2-alpine'],
    ['docker.io/library/redis', 'redis:7'],
    ['docker.io/library/redis:7', 'redis:7'],
    ['docker.io/*', 'redis:7'],
    ['docker.io/*:7', 'redis:7'],
    ['*/redis', 'redis:7'],
    ['*:7', 'redis:7'],
    ['r?dis', 'redis:7'],
    ['redis?7', 'redis:7'],
    ['docker.io?library?redis', 'redis:7'],
    ['redis:[0-9]', 'redis:7'],
    ['redis:[789]', 'redis:7'],
    ['redis:[!1-6]', 'redis:7'],
    ['redis:[^1-6]', 'redis:7'],
    ['{redis,nginx}', 'nginx:1.25'],
    ['{redis,nginx}:1.*', 'nginx:1.25'],
    ['kube-{proxy,apiserver}:v1.30.*', 'kube-proxy:v1.30.2'],
    ['*/kube-{proxy,{api,web}server}', 'registry.k8s.io/kube-webserver:v1'],
    ['app:v{1..3}', 'app:v2'],
    ['acme/*', 'acme/team/api:1'],
    ['ghcr.io/acme/*:1.*', 'ghcr.io/acme/api:1.4'],
    ['ghcr.io*:1.4', 'ghcr.io/acme/api:1.4'],
    ['*acme*1.4', 'ghcr.io/acme/api:1.4'],
    ['localhost:5000/*', 'localhost:5000/k8s/dash:1'],
    ['*:*-rc*', 'ghcr.io/acme/k8s-agent:2.3.0-rc1'],
    ['*@sha256:*', `app@${DIGEST}`],
    [`app@${DIGEST}`, `app@${DIGEST}`],
    ['app', `app@${DIGEST}`],
    ['app:_*', 'app:_x'],
    ['EXAMPLE.com/*', 'EXAMPLE.com/a:1'],
    ['app:V1', 'app:V1'],
    ['[::1]:5000/*', '[::1]:5000/acme/api:1'],
    ['[fd00::5]/api:[12]', '[fd00::5]/api:1'],
    ['[!ab]pp', 'cpp:1'],
  ])('%s matches %s', (pattern, name) => {
    expect(matches(pattern, name)).toBe(true);
  });
});

describe('patterns that do not match', () => {
  it.each([
    ['k8s', 'registry.k8s.io/kube-proxy:v1.30'],
    ['edis', 'redis:7'],
    ['red', 'redis:7'],
    ['redis:', 'redis:7'],
    ['redis:8', 'redis:7'],
    ['library/redis', 'redis:7'],
    ['io/library/redis', 'redis:7'],
    ['Redis', 'redis:7'],
    ['REDIS*', 'redis:7'],
    ['app:v1', 'app:V1'],
    ['redis:[0-6]', 'redis:7'],
    ['redis:[!7]', 'redis:7'],
    ['redis:[a-z]', 'redis:7'],
    ['redis?', 'redis:7'],
    ['{redis,nginx}', 'postgres:16'],
    ['!redis', 'redis:7'],
    ['!redis', 'nginx:1'],
    ['!(redis)', 'nginx:1'],
    ['+(redis)', 'redis:7'],
    ['@(redis|nginx)', 'redis:7'],
    ['?(redis)', 'redis:7'],
    ['*(redis)', 'redis:7'],
    ['#redis', 'redis:7'],
    ['redis/**/x', 'redis:7'],
    ['docker.io/redis', 'redis:7'],
    ['index.docker.io/library/redis', 'redis:7'],
    ['redis:7 ', 'redis:7'],
    [' redis', 'redis:7'],
    ['', 'redis:7'],
    ['*-rc*', 'app:1.0'],
    ['ghcr.io/*', 'ghcr.iox/acme/api:1'],
  ])('%j does not match %s', (pattern, name) => {
    expect(matches(pattern, name)).toBe(false);
  });
});

describe('forms of a reference', () => {
  it('are the familiar and the canonical one, each with and without tag', () => {
    expect(referenceForms(parseReference('redis:7'))).toEqual([
      'redis:7',
      'redis',
      'docker.io/library/redis:7',
      'docker.io/library/redis',
    ]);
  });

  it('match themselves as patterns, and with any part replaced by a star', () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,5}(\/[a-z0-9]{1,5}){0,2}:[a-zA-Z0-9._]{0,6}$/);
    const valid = name.filter((text) => /:[a-zA-Z0-9_]/.test(text));
    fc.assert(
      fc.property(valid, fc.nat(), fc.nat(), (text, from, to) => {
        const [start, end] = [from % text.length, to % (text.length + 1)];
        const starred = `${text.slice(0, start)}*${text.slice(Math.max(start, end))}`;
        expect(matches(text, text)).toBe(true);
        expect(matches(starred, text)).toBe(true);
      }),
    );
  });

  it('that match *word* are those that grep finds the word in', () => {
    const word = fc.stringMatching(/^[a-z0-9.:/-]{1,3}$/);
    const name = fc.stringMatching(
      /^[a-z0-9]{1,5}\.io\/[a-z0-9]{1,5}\/[a-z0-9]{1,5}:v[a-z0-9]{0,4}$/,
    );
    fc.assert(
      fc.property(word, name, (part, text) => {
        expect(matches(`*${part}*`, text)).toBe(text.includes(part));
      }),
    );
  });

  it('are matched in bounded time by hostile patterns', () => {
    const started = performance.now();
    const name = `example.com/${'a'.repeat(100)}:${'b'.repeat(100)}`;
    expect(matches(`${'*a'.repeat(40)}*c`, name)).toBe(false);
    expect(matches('{a,b}'.repeat(60), name)).toBe(false);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
