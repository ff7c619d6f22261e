import { describe, expect, it } from 'vitest';
import { isAirkitError } from '../../../src/errors.ts';
import {
  isCalled,
  parseHistorySizes,
  parseImage,
  parseInfo,
  parseList,
  readAnswer,
} from '../../../src/transports/podman/podman.ts';

const ID = 'a'.repeat(64);
const place = { address: 'unix:///podman.sock', side: 'target' } as const;

describe('an answer of podman', () => {
  it('lists each image once, with or without names', () => {
    const repeated = { Id: ID, Names: ['quay.io/a/b:1', 'quay.io/a/b:2'] };
    expect(parseList([repeated, repeated, { Id: 'b'.repeat(64) }])).toEqual([
      { id: `sha256:${ID}`, names: repeated.Names },
      { id: `sha256:${'b'.repeat(64)}`, names: [] },
    ]);
  });

  it('describes an image whose lists are null', () => {
    const image = { Id: ID, RepoTags: null, RepoDigests: null, Labels: null, RootFS: null };
    expect(parseImage({ ...image, Os: 'linux', Architecture: 'arm64' })).toEqual({
      id: `sha256:${ID}`,
      repoTags: [],
      repoDigests: [],
      diffIds: [],
      labels: {},
      size: 0,
      platform: { os: 'linux', architecture: 'arm64' },
    });
  });

  it('tells sizes as the command and as the API write them', () => {
    expect(parseHistorySizes([{ size: 7 }, { Size: 8 }, {}])).toEqual([7, 8, 0]);
  });

  it('tells the platform with its variant', () => {
    const host = { os: 'linux', arch: 'arm', variant: 'v6' };
    expect(parseInfo({ host }).platform).toEqual({
      os: 'linux',
      architecture: 'arm',
      variant: 'v6',
    });
  });

  it('tells where its images are, and on which machine', () => {
    const host = { os: 'linux', arch: 'amd64', hostname: 'node7' };
    const info = { host, store: { graphRoot: '/srv/containers' } };
    expect(parseInfo(info)).toMatchObject({ hostname: 'node7', graphRoot: '/srv/containers' });
    expect(parseInfo({ host: { os: 'linux', arch: 'amd64' } }).graphRoot).toBeUndefined();
  });

  it.each(['', '[]', '{"host":1}', 'podman: not found'])('that is no answer: %j', (text) => {
    const read = (): unknown => readAnswer(place, Buffer.from(text), parseInfo);
    // Never CONTENT_INVALID: that would be the kit's failure.
    expect(read).toThrow(
      expect.toSatisfy((error: unknown) => isAirkitError(error, 'TARGET_FAILED')),
    );
  });

  it('about a name that the image has lost does not count', () => {
    const digest = `sha256:${'d'.repeat(64)}`;
    const image = parseImage({ Id: ID, Os: 'linux', Architecture: 'amd64', Digest: digest });
    const named = { ...image, repoTags: ['quay.io/a/b:1'], repoDigests: [`quay.io/a/b@${digest}`] };
    expect(isCalled(image, `quay.io/a/b@${digest}`)).toBe(false);
    expect(isCalled(named, `quay.io/a/b@${digest}`)).toBe(true);
    expect(isCalled(named, 'quay.io/a/b:1')).toBe(true);
    expect(isCalled(named, 'quay.io/a/b:2')).toBe(false);
    expect(isCalled(named, `sha256:${ID}`)).toBe(true);
  });
});
