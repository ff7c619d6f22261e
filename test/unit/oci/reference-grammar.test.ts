/** Names that the tests of distribution/reference (reference, normalize, regexp) decide upon, and how. */
import { describe, expect, it } from 'vitest';
import { familiarName, parseReference } from '../../../src/oci/reference.ts';

const SHA = `sha256:${'be178c05'.repeat(8)}`;

describe('names that are taken', () => {
  it.each([
    // name, host, path, tag
    ['test_com', 'docker.io', 'library/test_com', undefined],
    ['test.com:tag', 'docker.io', 'library/test.com', 'tag'],
    ['test.com:5000', 'docker.io', 'library/test.com', '5000'],
    ['test.com/repo:tag', 'test.com', 'repo', 'tag'],
    ['test:5000/repo', 'test:5000', 'repo', undefined],
    [`test:5000/repo:tag@${SHA}`, 'test:5000', 'repo', 'tag'],
    ['lowercase:Uppercase', 'docker.io', 'library/lowercase', 'Uppercase'],
    [
      'sub-dom1.foo.com/bar/baz/quux:some-long-tag',
      'sub-dom1.foo.com',
      'bar/baz/quux',
      'some-long-tag',
    ],
    [
      'b.gcr.io/test.example.com/my-app:test.example.com',
      'b.gcr.io',
      'test.example.com/my-app',
      'test.example.com',
    ],
    ['xn--n3h.com:18080/foo', 'xn--n3h.com:18080', 'foo', undefined],
    ['test-com:8080/foo', 'test-com:8080', 'foo', undefined],
    ['test_com/foo', 'docker.io', 'test_com/foo', undefined],
    ['do__cker/docker', 'docker.io', 'do__cker/docker', undefined],
    ['192.168.1.1:5000/repo:5050', '192.168.1.1:5000', 'repo', '5050'],
    ['192.168.1.1/repo', '192.168.1.1', 'repo', undefined],
    ['[2001:db8:1:2:3:4:5:6]/repo:tag', '[2001:db8:1:2:3:4:5:6]', 'repo', 'tag'],
    ['[2001:db8::]:5000/repo', '[2001:db8::]:5000', 'repo', undefined],
    ['[::1]:5000/repo', '[::1]:5000', 'repo', undefined],
    ['Asdf.com/foo/bar', 'Asdf.com', 'foo/bar', undefined],
    ['FOO/bar', 'FOO', 'bar', undefined],
    ['0101.com/a', '0101.com', 'a', undefined],
    ['ab.c-om/a', 'ab.c-om', 'a', undefined],
    [
      'registry.io/foo/project--id.module--name.ver---sion--name',
      'registry.io',
      'foo/project--id.module--name.ver---sion--name',
      undefined,
    ],
    [
      'example.com/some_separator__underscore/myimage',
      'example.com',
      'some_separator__underscore/myimage',
      undefined,
    ],
    ['docker---rules/docker', 'docker.io', 'docker---rules/docker', undefined],
    ['d/docker', 'docker.io', 'd/docker', undefined],
    ['ubuntu-12.04-base', 'docker.io', 'library/ubuntu-12.04-base', undefined],
    ['store/foo/bar', 'docker.io', 'store/foo/bar', undefined],
    [`localhost:8080@${SHA}`, 'docker.io', 'library/localhost', '8080'],
    [`localhost:8080/name@${SHA}`, 'localhost:8080', 'name', undefined],
    [`localhost@${SHA}`, 'docker.io', 'library/localhost', undefined],
    [`busybox:latest@${SHA}`, 'docker.io', 'library/busybox', 'latest'],
    ['f'.repeat(63), 'docker.io', `library/${'f'.repeat(63)}`, undefined],
    [
      'thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev',
      'docker.io',
      'library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev',
      undefined,
    ],
  ])('%s', (text, ...[registry, repository, tag]) => {
    const reference = parseReference(text);
    expect(reference).toMatchObject({ registry, repository });
    expect(reference.tag).toBe(tag);
    expect(reference.digest).toBe(text.includes('@') ? SHA : undefined);
  });

  it.each([
    ['docker.io/fooo/bar', 'fooo/bar'],
    ['index.docker.io/fooo/bar', 'fooo/bar'],
    ['index.docker.io/library/ubuntu-12.04-base', 'ubuntu-12.04-base'],
    ['docker.io/library/foo/bar', 'library/foo/bar'],
    ['example.com:8000/privatebase', 'example.com:8000/privatebase'],
    ['127.0.0.1:8000/private/moonbase', '127.0.0.1:8000/private/moonbase'],
    ['Foo/bar', 'Foo/bar'],
  ])('%s is familiar as %s', (text, familiar) => {
    expect(familiarName(parseReference(text))).toBe(familiar);
  });
});

describe('names that are refused', () => {
  it.each([
    'test:5000/Uppercase/lowercase:tag',
    'Foo/FarB',
    '[2001:db8::1]:tag',
    '[fe80::1%@invalidzone]:5000/repo',
    '[fd00:1:2::3]75050/a',
    '[fd00:1:2::3]::75050/a',
    'test.com:http/a',
    'foo.com:http/bar',
    'localhost:http/name',
    'bad_hostname.com:8080/myapp:tag',
    'foo_bar.com:8080/app',
    'do__cker:8080/docker',
    'ab-.com/a',
    'ab.-com/a',
    'ab.com-/a',
    '-ab.com/a',
    'a/a/a/a/',
    'a//a/a',
    'foo.com/',
    'foo.com/a-/a/a',
    'foo/bar-',
    'foo/-bar',
    '_foo/bar',
    '____/____',
    'docker_/docker_',
    'example.com/__underscore/myimage',
    'example.com/..dots/myimage',
    'example.com/.dots/myimage',
    'example.com/nodouble..dots/myimage',
    'docker./docker',
    'dock_.er/docker',
    'dock-.er/docker',
    'docker-/docker',
    `${'this_is_longer_than_255_'.repeat(11)}/docker`,
    'registry.com:8080/myapp@sha256:badbadbadbad',
    'registry.com:8080/myapp:invalid~tag',
    'registry.com:8080/myapp@bad',
    'registry.com:8080/myapp@2bad',
    'busybox:-foo',
  ])('%s', (text) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
  });
});
