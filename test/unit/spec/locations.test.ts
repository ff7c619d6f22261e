import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAirkitError } from '../../../src/errors.ts';
import { parseKeyLocation } from '../../../src/spec/key-location.ts';
import { parseSize } from '../../../src/spec/size.ts';
import { parseSourceLocation, sourceText } from '../../../src/spec/source-location.ts';

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isAirkitError(error) ? error.code : String(error);
  }
  return undefined;
}

describe('parseSourceLocation', () => {
  test.each([
    ['docker', { transport: 'docker' }],
    ['containerd:k8s.io', { transport: 'containerd', namespace: 'k8s.io' }],
    ['registry', { transport: 'registry' }],
    ['registry://ghcr.io/', { transport: 'registry', host: 'ghcr.io' }],
    [
      'registry://index.docker.io/acme',
      { transport: 'registry', host: 'docker.io', prefix: 'acme' },
    ],
    ['registry://[::1]:5000/a/b', { transport: 'registry', host: '[::1]:5000', prefix: 'a/b' }],
    ['registry://localhost', { transport: 'registry', host: 'localhost' }],
    ['oci:a', { transport: 'oci', path: resolve('/site/a') }],
    ['oci-archive:/x/y.tar', { transport: 'oci-archive', path: resolve('/x/y.tar') }],
    ['docker+ssh://ops@build7:2222', { transport: 'docker+ssh', user: 'ops', host: 'build7:2222' }],
  ])('%s', (text, expected) => {
    expect(parseSourceLocation(text, '/site')).toEqual(expected);
  });

  test.each([
    '',
    ':',
    'docker:',
    'docker://',
    'Docker',
    'containerd:',
    'containerd:a/b',
    'registry://',
    'registry://ghcr.io/acme/api:1',
    'registry://ghcr.io/Acme',
    'registry://https://ghcr.io',
    'registry://ghcr.io:99999',
    'registry://256.1.1.1:5000',
    'registry://[:::]:5000',
    'oci:',
    'oci://x',
    'oci:~/x',
    'docker+ssh://',
    'docker+ssh://host/var/run/docker.sock',
    'docker+ssh://-oProxyCommand=x',
    '__proto__',
    'constructor:x',
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseSourceLocation(text, '/site'))).toBe('USAGE');
  });

  test.each([
    ['oci:layouts/base', 'oci:layouts/base'],
    ['oci:/srv/layouts/base/', 'oci:base'],
    ['rootfs:C:\\images\\a.tar', 'rootfs:a.tar'],
    ['registry://ghcr.io/acme', 'registry://ghcr.io/acme'],
  ])('records %s as %s', (text, recorded) => {
    expect(sourceText(text)).toBe(recorded);
  });
});

describe('parseKeyLocation', () => {
  test.each([
    ['env:AIRKIT_KEY', { kind: 'env', name: 'AIRKIT_KEY' }],
    ['exec:pass show airkit', { kind: 'exec', command: 'pass show airkit' }],
    ['exec:aws \\\n kms', { kind: 'exec', command: 'aws \\\n kms' }],
    ['../site.key', { kind: 'file', path: resolve('/site.key') }],
    ['./odd:name', { kind: 'file', path: resolve('/site/odd:name') }],
  ])('%s', (text, expected) => {
    expect(parseKeyLocation(text, '/site')).toEqual(expected);
  });

  test.each([
    '',
    ' ',
    'env:',
    'env:A-B',
    'exec: ',
    'kms://x',
    '-----BEGIN PRIVATE KEY-----',
    'a\nb',
    'exec:echo "-----BEGIN PRIVATE KEY-----\n"',
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseKeyLocation(text, '/site'))).toBe('KEY_INVALID');
  });
});

describe('parseSize', () => {
  test.each([
    ['1', 1],
    ['1048576', 1_048_576],
    ['4GiB', 4_294_967_296],
    ['4.7GB', 4_700_000_000],
    ['650 MiB', 681_574_400],
    ['0.1MB', 100_000],
    ['2tb', 2e12],
    ['fat32', 4_293_918_720],
    ['dvd', 4_700_372_992],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    '',
    '0',
    '0.1',
    '-1',
    '1e9',
    '4G',
    '4 gigs',
    'NaN',
    '99999TiB',
    'toString',
    '1.5.5MB',
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseSize(text))).toBe('USAGE');
  });
});
