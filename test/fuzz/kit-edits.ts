/** What happens to a kit between the machine that signed it and the one that loads it, by accident or on purpose. */
import fc from 'fast-check';

/** Files of a kit folder by name. */
export type KitBytes = ReadonlyMap<string, Buffer>;

/** Two kits of one signer with the same file names, and where the members of their archives are. */
export interface KitPair {
  readonly kits: readonly [KitBytes, KitBytes];
  /** Start and length of each member, counted from the start of `bundle.tar`. */
  readonly members: readonly [readonly Span[], readonly Span[]];
}

export interface Span {
  readonly start: number;
  readonly length: number;
}

type Edit = (files: Map<string, Buffer>, other: KitBytes) => void;

const SETS: readonly RegExp[] = [
  /^bundle\.json\./,
  /^SHA256SUMS/,
  /^SHA256SUMS\./,
  /^bundle\.json$|^bundle\.json\./,
  /^bundle\.tar$|^SHA256SUMS/,
  /^bundle\.(?:json|tar)$/,
  /^images\.txt$|^SHA256SUMS/,
  /^(?!bundle\.tar$)/,
  /sshsig$/,
];

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const replacing = (name: string, change: (bytes: Buffer, other: Buffer) => Buffer): Edit => {
  return (files, other) => {
    const bytes = files.get(name);
    if (bytes !== undefined) files.set(name, change(bytes, other.get(name) ?? bytes));
  };
};

function flip(bytes: Buffer, where: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = Math.floor(where * bytes.byteLength);
  if (at < bytes.byteLength) copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

function spliced(bytes: Buffer, [from, to]: readonly [number, number], middle: Buffer): Buffer {
  const [low = 0, high = 0] = [from, to]
    .map((one) => Math.floor(one * (bytes.byteLength + 1)))
    .toSorted((a, b) => a - b);
  return Buffer.concat([bytes.subarray(0, low), middle, bytes.subarray(high)]);
}

function fromOther(bytes: Buffer, other: Buffer, [from, to]: readonly [number, number]): Buffer {
  const [low = 0, high = 0] = [from, to]
    .map((one) => Math.floor(one * bytes.byteLength))
    .toSorted((a, b) => a - b);
  return Buffer.concat([bytes.subarray(0, low), other.subarray(low, high), bytes.subarray(high)]);
}

/** One edit of a kit with such files. */
function editsOf({ kits: [first], members }: KitPair): fc.Arbitrary<Edit> {
  const names = [...first.keys()];
  const name = fc.oneof(
    { arbitrary: fc.constantFrom(...names), weight: 2 },
    fc.constantFrom('bundle.tar', 'bundle.json'),
  );
  const range = fc.tuple(fraction, fraction);
  const bytes = fc.uint8Array({ maxLength: 24 }).map((one) => Buffer.from(one));
  const member = fc.tuple(fc.nat(members[0].length - 1), fc.nat(members[1].length - 1));
  return fc.oneof(
    {
      arbitrary: fc
        .tuple(name, fraction, fc.integer({ min: 1, max: 255 }))
        .map(([file, at, mask]) => replacing(file, (one) => flip(one, at, mask))),
      weight: 5,
    },
    fc
      .tuple(name, fraction)
      .map(([file, at]) =>
        replacing(file, (one) => one.subarray(0, Math.floor(at * one.byteLength))),
      ),
    fc
      .tuple(name, range, bytes)
      .map(([file, where, word]) => replacing(file, (one) => spliced(one, where, word))),
    fc
      .tuple(name, bytes)
      .map(([file, word]) => replacing(file, (one) => Buffer.concat([one, word]))),
    fc
      .tuple(name, range)
      .map(([file, where]) => replacing(file, (one, other) => fromOther(one, other, where))),
    fc
      .tuple(name, range)
      .map(([file, where]) =>
        replacing(file, (one) => fromOther(one, Buffer.alloc(one.byteLength), where)),
      ),
    fc.constantFrom(...names).map((file) => replacing(file, (_, other) => other)),
    fc.constantFrom(...names).map(
      (file): Edit =>
        (files) =>
          void files.delete(file),
    ),
    fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(...names))
      .map(([from, to]): Edit => (files) => {
        const found = files.get(from);
        if (found !== undefined) files.set(to, found);
      }),
    {
      arbitrary: fc.constantFrom(...SETS).map((set): Edit => (files, other) => {
        for (const [file, content] of other) if (set.test(file)) files.set(file, content);
      }),
      weight: 2,
    },
    {
      arbitrary: member.map(([into, from]) =>
        replacing('bundle.tar', (one, other) =>
          withMember(one, other, [members[0][into], members[1][from]]),
        ),
      ),
      weight: 3,
    },
  );
}

/** A member of the other archive in the place of one of this; no longer than that was. */
function withMember(
  one: Buffer,
  other: Buffer,
  [into, from]: readonly (Span | undefined)[],
): Buffer {
  if (into === undefined || from === undefined) return one;
  const copy = Buffer.from(one);
  other.copy(copy, into.start, from.start, from.start + Math.min(into.length, from.length));
  return copy;
}

/** The first kit after one to three edits. */
export function editedKits(pair: KitPair): fc.Arbitrary<KitBytes> {
  const [first, second] = pair.kits;
  return fc.array(editsOf(pair), { minLength: 1, maxLength: 3 }).map((edits) => {
    const files = new Map(first);
    for (const edit of edits) edit(files, second);
    return files;
  });
}
