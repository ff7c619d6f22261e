import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatPlatform,
  normalizePlatform,
  parsePlatform,
  parsePlatformFields,
  samePlatform,
} from '../../../src/oci/platform.ts';

describe('platforms', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/arm64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/i386', 'linux/386'],
    ['linux/386', 'linux/386'],
    ['linux/s390x', 'linux/s390x'],
    ['linux/mips64le', 'linux/mips64le'],
    ['windows/amd64', 'windows/amd64'],
    ['unknown/unknown', 'unknown/unknown'],
  ])('%s is %s, as containerd normalises it', (text, normal) => {
    expect(formatPlatform(parsePlatform(text))).toBe(normal);
  });

  it.each([
    '',
    'linux',
    'linux/',
    '/amd64',
    'linux/amd64/',
    'Linux/amd64',
    'a/b/c/d',
    'linux amd64',
  ])('%j is none', (text) => {
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('normalising twice is normalising once', () => {
    const word = fc.constantFrom('arm', 'arm64', 'aarch64', 'amd64', 'armhf', 'armel', '386', 'x');
    const variant = fc.constantFrom(undefined, '', 'v6', 'v7', 'v8', '8', 'v1', '7');
    fc.assert(
      fc.property(word, variant, (architecture, one) => {
        const once = normalizePlatform({ os: 'linux', architecture, variant: one });
        expect(normalizePlatform(once)).toEqual(once);
        expect(samePlatform(once, { os: 'linux', architecture, variant: one })).toBe(true);
      }),
    );
  });

  it('keeps what it does not normalise', () => {
    const windows = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1' };
    expect(normalizePlatform(windows)).toEqual(windows);
    expect(parsePlatformFields({ ...windows, 'os.features': ['win32k'] }, 'x')).toEqual({
      ...windows,
      'os.features': ['win32k'],
    });
  });

  it('refuses fields of another type', () => {
    for (const fields of [{ os: 1 }, { architecture: [] }, { variant: {} }, { 'os.features': 'x' }])
      expect(() => parsePlatformFields(fields, 'x')).toThrow(
        expect.objectContaining({ code: 'CONTENT_INVALID' }),
      );
  });
});
