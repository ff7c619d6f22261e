/** Tars with right checksums and wrong everything else: random edits alone would rarely get past the checksum. */
import fc from 'fast-check';
import { paxEntry, rawEntry, rawHeader, rawTar, type RawHeader } from '../unit/tar/raw-tar.ts';
import { bytesNear } from './mutations.ts';

interface Cases {
  readonly cases: fc.Arbitrary<Buffer>;
  readonly seeds: readonly Buffer[];
}

const hostileName = fc.oneof(
  {
    arbitrary: fc.constantFrom('a', 'b/c', 'blobs/sha256/x', './a', 'dir/', 'manifest.json'),
    weight: 4,
  },
  {
    arbitrary: fc.constantFrom(
      '..',
      '../x',
      '/etc/passwd',
      'a/../../b',
      String.raw`a\b`,
      '',
      '.',
      './',
      'a//b',
      'A',
    ),
    weight: 2,
  },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 120 }), weight: 1 },
);
const flag = fc.oneof(
  { arbitrary: fc.constantFrom('0', '0', '5', '\0'), weight: 4 },
  {
    arbitrary: fc.constantFrom('1', '2', '3', '4', '6', '7', 'S', 'g', 'x', 'L', 'K', 'M', 'V'),
    weight: 1,
  },
);
const sizeField = fc.oneof(
  fc
    .constantFrom('00000000001\0', '77777777777\0', '-0000000001\0', ' 12 \0', '0000000000x\0')
    .map((text) => Buffer.from(text.padEnd(12, '\0'))),
  fc.bigInt({ min: 0n, max: 2n ** 95n - 1n }).map((size) => {
    const field = Buffer.from(size.toString(16).padStart(24, '0'), 'hex');
    field[0] = (field[0] ?? 0) | 0x80;
    return field;
  }),
);
const header = fc
  .tuple(hostileName, flag, fc.option(sizeField, { nil: undefined, freq: 8 }))
  .map(([name, kind, field]): RawHeader => {
    const short = Buffer.from(name).subarray(0, 100).toString('utf8').slice(0, 60);
    return Object.assign(
      { name: short, flag: kind },
      field === undefined ? {} : { sizeField: field },
    );
  });
const body = fc.uint8Array({ maxLength: 1100 }).map((bytes) => Buffer.from(bytes));
const entry = fc
  .tuple(header, body)
  .map(([head, bytes]) => rawEntry(head, head.flag === '0' ? bytes : ''));
const extension = fc
  .dictionary(
    fc.constantFrom('path', 'size', 'linkpath', 'GNU.sparse.major', 'mtime', 'comment'),
    fc.oneof(
      hostileName,
      fc.nat().map(String),
      fc.constantFrom('-1', '1e3', '9007199254740993', '0'),
    ),
    { minKeys: 1, maxKeys: 3 },
  )
  .map((records) => paxEntry(records));
const parts = fc.array(
  fc.oneof({ arbitrary: entry, weight: 5 }, { arbitrary: extension, weight: 1 }),
  {
    maxLength: 6,
  },
);
const ending = fc.constantFrom(
  ...[1024, 1024, 1024, 10_240, 0, 512].map((length) => Buffer.alloc(length)),
  Buffer.concat([Buffer.alloc(1024), Buffer.from('{}')]),
);

const good = [
  rawTar(
    rawEntry({ name: 'a' }, 'x'),
    rawEntry({ name: 'dir/', flag: '5' }),
    rawEntry({ name: 'dir/b' }, 'y'.repeat(600)),
  ),
  rawTar(paxEntry({ path: `${'long/'.repeat(30)}name` }), rawEntry({ name: 'short' }, 'z')),
  rawTar(rawEntry({ name: 'a' }, 'x'), rawEntry({ name: 'l', flag: '2', linkName: 'a' })),
];

export const tars: Cases = {
  cases: fc.oneof(
    {
      arbitrary: fc.tuple(parts, ending).map(([found, end]) => Buffer.concat([...found, end])),
      weight: 3,
    },
    { arbitrary: bytesNear(good), weight: 1 },
  ),
  seeds: good,
};

const block = header.map((head) => rawHeader(head));

export const headerBlocks: Cases = {
  cases: fc.oneof(block, bytesNear([rawHeader({ name: 'a', size: 5 })])),
  seeds: [rawHeader({ name: 'a', size: 5 })],
};
