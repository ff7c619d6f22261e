import { describe, expect, it } from 'vitest';
import { formatReference, parseReference } from '../../../src/oci/reference.ts';
import { renameReference, type RenameRule } from '../../../src/select/rename.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function rename(name: string, ...rules: RenameRule[]): string {
  return formatReference(renameReference(parseReference(name), rules));
}

describe('renameReference', () => {
  it.each([
    [
      'ghcr.io/acme/api:1',
      'ghcr.io/acme/*',
      'apps.example.com/acme/*',
      'apps.example.com/acme/api:1',
    ],
    ['ghcr.io/a/b/c:1', 'ghcr.io/*', 'x.io/*', 'x.io/a/b/c:1'],
    ['redis:7', 'docker.io/library/*', 'mirror.local/*', 'mirror.local/redis:7'],
    ['redis:7', 'docker.io/*', 'mirror.local/*', 'mirror.local/library/redis:7'],
    ['redis:7', 'redis', 'mirror.local/redis', 'docker.io/library/redis:7'],
    [`a.io/x@${DIGEST}`, 'a.io/*', 'b.io/*', `b.io/x@${DIGEST}`],
    [`a.io/x:1@${DIGEST}`, 'a.io/*', 'b.io/*', `b.io/x:1@${DIGEST}`],
    ['a.io/x/y:1', 'a.io/*/*', 'b.io/*-*', 'b.io/x-y:1'],
    ['a.io/x1:1', 'a.io/x?', 'b.io/y?', 'b.io/y1:1'],
    ['a.io/x1/z:1', 'a.io/x?/*', 'b.io/*', 'b.io/z:1'],
    ['a.io/x/z:1', '{a,c}.io/[x-y]/*', 'b.io/*', 'b.io/z:1'],
    ['a.io/x:1', 'a.io/x:1', 'b.io/y', 'b.io/y:1'],
    ['a.io/x:1', 'a.io/x', 'b.io/y:8', 'b.io/y:8'],
    ['a.io/x:1.30', 'a.io/x:1.*', 'b.io/x:v1.*', 'b.io/x:v1.30'],
    ['a.io/x:1', 'a.io/x:2', 'b.io/x:2', 'a.io/x:1'],
    ['a.io/x:1', 'a.io/(x)', 'b.io/x', 'a.io/x:1'],
    ['aXio/x:1', 'a.io/*', 'b.io/*', 'aXio/x:1'],
    ['a.io/xx:1', 'a.io/x', 'b.io/x', 'a.io/xx:1'],
    ['localhost:5000/x:1', 'localhost:5000/*', 'b.io/*', 'b.io/x:1'],
    ['[::1]:5000/x:1', '[::1]:5000/*', 'b.io/*', 'b.io/x:1'],
  ])('%s by %s to %s is %s', (...[name, from, to, expected]) => {
    expect(rename(name, { from, to })).toBe(expected);
  });

  it('applies the first rule that matches, and only that', () => {
    const rules = [
      { from: 'x.io/*', to: 'never/*' },
      { from: 'a.io/*', to: 'b.io/*' },
      { from: 'b.io/*', to: 'c.io/*' },
      { from: 'a.io/*', to: 'd.io/*' },
    ];
    expect(rename('a.io/x:1', ...rules)).toBe('b.io/x:1');
  });

  it('changes nothing without a rule', () => {
    expect(rename('redis:7')).toBe('docker.io/library/redis:7');
  });

  it('refuses a result that is no reference', () => {
    expect(() => rename('a.io/x:1', { from: 'a.io/*', to: 'B/*/UPPER' })).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
  });

  it('refuses more wildcards in the new name than in the old', () => {
    expect(() => rename('a.io/x:1', { from: 'a.io/*', to: 'b.io/*/*' })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
