import { describe, expect, it } from 'vitest';
import { AirkitError, type ErrorCode } from '../../../src/errors.ts';
import { openFailureLog, type FailureLog } from '../../../src/operations/image-failures.ts';
import { joinFailures, leaveOut } from '../../../src/operations/join-failures.ts';

const CACHE = '/home/tester/.cache/airkit';

function failing(code: ErrorCode, context: Record<string, string | number> = {}): AirkitError {
  return new AirkitError(code, `${code} of something`, { context });
}

function logOf(...codes: ErrorCode[]): FailureLog {
  const log = openFailureLog(CACHE);
  for (const [line, code] of codes.entries()) {
    const position = { file: 'bundles.yaml', line: line + 1, column: 1 };
    log.note({ reference: `quay.io/a/${line}:1`, position }, failing(code));
  }
  return log;
}

describe('the code of all failures together', () => {
  it.each<[ErrorCode[], ErrorCode]>([
    [['BLOB_MISSING', 'BLOB_MISSING'], 'BLOB_MISSING'],
    [['NO_MATCH', 'PLATFORM_MISSING', 'UNSUPPORTED'], 'NO_MATCH'],
    [['NO_MATCH', 'BLOB_MISSING'], 'SOURCE_FAILED'],
    [['DIGEST_MISMATCH', 'SOURCE_FAILED'], 'SOURCE_FAILED'],
  ])('%j is %s', (codes, code) => {
    expect(joinFailures(logOf(...codes).all)).toMatchObject({
      code,
      problems: codes.map((one, line) => ({ code: one, line: line + 1 })),
    });
  });
});

describe('a log of failures', () => {
  it.each([
    ['a full disk', failing('NO_SPACE')],
    ['a damaged cache', failing('CACHE_DAMAGED')],
    ['a disk that fails under the cache', failing('DISK_FAILED', { path: `${CACHE}/blobs/x` })],
    ['a machine without an encoder', failing('UNSUPPORTED', { encoder: 'zstd' })],
    ['a signal', new Error('stopped by SIGINT')],
  ])('does not take %s', async (_, error) => {
    const log = openFailureLog(CACHE);
    const attempted = log.attempt({ reference: 'a:1' }, async () => Promise.reject(error));
    await expect(attempted).rejects.toBe(error);
    expect(log.all).toEqual([]);
  });

  it.each([
    ['a medium that cannot be opened', failing('DISK_FAILED', { path: '/src' }), true],
    ['a host that is down', failing('SOURCE_FAILED', { unreachable: 'quay.io' }), false],
    ['credentials that cannot be read', failing('USAGE'), false],
    ['two images under one name', failing('NAME_COLLISION'), false],
  ])('does not let %s be left out', (_, error, isSource) => {
    const log = openFailureLog(CACHE);
    log.note({ reference: 'a:1', isSource }, error);
    expect(() => leaveOut(log.all, { allowMissing: true })).toThrow(error.code);
  });

  it('lists what is left out in the order of the bundles file', () => {
    const log = logOf('BLOB_MISSING', 'NO_MATCH');
    const turned = log.all.toReversed();
    expect(leaveOut(turned, { allowMissing: true }).map(({ code }) => code)).toEqual([
      'BLOB_MISSING',
      'NO_MATCH',
    ]);
  });

  it('tells of a host that is down once, however it showed', () => {
    const told: string[] = [];
    const log = openFailureLog(CACHE, {
      onProgress: (event) => {
        if (event.kind === 'warning') told.push(event.message);
      },
    });
    const host = 'quay.io';
    log.note({ reference: 'quay.io/a:1' }, failing('SOURCE_FAILED', { host, status: 503 }));
    log.note({ reference: 'quay.io/e:1' }, failing('SOURCE_FAILED', { host, status: 403 }));
    for (const name of ['b', 'c', 'd'])
      log.note(
        { reference: `quay.io/${name}:1` },
        failing('SOURCE_FAILED', { host, unreachable: host }),
      );
    expect(told).toHaveLength(3);
    const { problems } = joinFailures(log.all);
    expect(problems.map(({ reference }) => reference)).toEqual(['quay.io/a:1', 'quay.io/e:1']);
  });
});
