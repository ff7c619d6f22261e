import { describe, expect, it } from 'vitest';
import type { Host } from '../../../src/operations/host.ts';
import { parseReceipt } from '../../../src/operations/parse-receipt.ts';
import {
  formatReceipt,
  RECEIPT_MEDIA_TYPE,
  type Receipt,
} from '../../../src/operations/receipt.ts';
import { recalledTarget, recordTarget } from '../../../src/operations/target-record.ts';
import { digestOf } from '../../../src/oci/digest.ts';

const receipt: Receipt = {
  mediaType: RECEIPT_MEDIA_TYPE,
  schemaVersion: 1,
  kind: 'load',
  kit: { name: 'demo', version: '1', serial: 7, index: digestOf('index') },
  signers: [{ keyId: 'SHA256:x', trusted: true }],
  target: 'oci:a',
  targets: [{ target: 'oci:a', directory: '/here', environment: {}, scoped: true, sentBytes: 5 }],
  host: 'node1',
  operator: 'ada',
  airkit: '0.1.0',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  status: 'done',
  previous: { file: 'a.json', sha256: 'f'.repeat(64) },
  results: [{ target: 'oci:a', reference: 'docker.io/library/redis:7', status: 'loaded' }],
};

function parse(value: object): Receipt {
  return parseReceipt(Buffer.from(JSON.stringify(value)), 'receipt.json');
}

describe('parseReceipt', () => {
  it('reads what formatReceipt writes', () => {
    expect(parseReceipt(formatReceipt(receipt), 'receipt.json')).toEqual(receipt);
  });

  it.each([
    ['no media type', { mediaType: undefined }],
    ['another media type', { mediaType: 'application/json' }],
    ['an unknown member', { extra: 1 }],
    ['an unknown status', { status: 'fine' }],
    ['an unknown kind', { kind: 'copy' }],
    ['a result of unknown status', { results: [{ ...receipt.results[0], status: 'fine' }] }],
    ['a result with an unknown member', { results: [{ ...receipt.results[0], id: 'x' }] }],
    ['no targets', { targets: undefined }],
    ['a kit without a digest', { kit: { name: 'demo', version: '1', index: 'x' } }],
    ['a negative size', { targets: [{ ...receipt.targets[0], sentBytes: -1 }] }],
  ])('refuses %s', (_, change) => {
    expect(() => parse({ ...receipt, ...change })).toThrowError(
      expect.objectContaining({ name: 'AirkitError' }),
    );
  });

  it('tells a later version from something else', () => {
    const later = { ...receipt, mediaType: RECEIPT_MEDIA_TYPE.replace('v1', 'v2') };
    expect(() => parse(later)).toThrowError(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });
});

function hostWith(environment: Record<string, string>, directory = '/here'): Host {
  return { environment, directory, pid: 1, user: 'ada', hostname: 'node1', isRoot: false };
}

describe('a recorded target', () => {
  const place = { text: 'docker', location: { transport: 'docker' } } as const;

  it('holds the address of the engine without user and password', () => {
    const host = hostWith({ DOCKER_HOST: 'tcp://ada:secret@engine:2375', PATH: '/bin' });
    expect(recordTarget(host, place).environment).toEqual({ DOCKER_HOST: 'tcp://engine:2375' });
  });

  it('is found again whatever the environment says by then', () => {
    const record = recordTarget(hostWith({ DOCKER_HOST: 'unix:///a.sock' }), place);
    const later = recalledTarget(hostWith({ DOCKER_HOST: 'unix:///b.sock' }, '/there'), record);
    expect(later.host.environment['DOCKER_HOST']).toBe('unix:///a.sock');
    const plain = recordTarget(hostWith({}), place);
    const now = recalledTarget(hostWith({ DOCKER_HOST: 'unix:///b.sock' }), plain);
    expect(now.host.environment['DOCKER_HOST']).toBeUndefined();
  });

  it('takes the password of today for the same address', () => {
    const today = { DOCKER_HOST: 'tcp://ada:secret@engine:2375' };
    const record = recordTarget(hostWith(today), place);
    expect(recalledTarget(hostWith(today), record).host.environment).toMatchObject(today);
  });

  it('has its relative paths start where they did', () => {
    const oci = { text: 'oci:dir', location: { transport: 'oci', folder: '/here/dir' } } as const;
    const { place: found } = recalledTarget(
      hostWith({}, '/there'),
      recordTarget(hostWith({}), oci),
    );
    expect(found.location).toEqual({ transport: 'oci', folder: '/here/dir' });
  });
});
