import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { detectCompression } from '../../../src/compression/compression.ts';

describe('detectCompression', () => {
  it.each([
    ['1f8b0800000000000003', 'gzip'],
    ['28b52ffd0458', 'zstd'],
    ['502a4d1804000000', 'zstd'],
    ['5f2a4d1804000000', 'zstd'],
    ['fd377a585a000004', 'xz'],
    ['425a6839314159265359', 'bzip2'],
    ['425a6839177245385090', 'bzip2'],
    ['425a6831', 'bzip2'],
    ['', 'none'],
    ['1f8b', 'none'],
    ['00', 'none'],
  ])('%s is %s', (head, compression) => {
    expect(detectCompression(Buffer.from(head, 'hex'))).toBe(compression);
  });

  it('takes a tar whose first file is called BZh9 for a tar', () => {
    expect(detectCompression(Buffer.from('BZh9-notes.txt'))).toBe('none');
  });
});
