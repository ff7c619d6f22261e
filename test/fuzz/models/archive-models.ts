/** Tars, the tables of a kit, and what airkit keeps about loads. */
import assert from 'node:assert/strict';
import { canonicalJson } from '../../../src/oci/canonical-json.ts';
import { formatBundleIndex, parseBundleIndex } from '../../../src/archive/bundle-index.ts';
import { formatSums, parseSums } from '../../../src/archive/sums.ts';
import { formatVolumeName, parseVolumeName } from '../../../src/archive/volumes.ts';
import { formatInventory, parseInventory } from '../../../src/inventory/inventory-file.ts';
import { parseReceipt } from '../../../src/operations/parse-receipt.ts';
import { formatReceipt } from '../../../src/operations/receipt.ts';
import { streamCursor } from '../../../src/tar/cursor.ts';
import { decodeBlock, decodePax, type DecodedBlock } from '../../../src/tar/header.ts';
import { readTar } from '../../../src/tar/read-tar.ts';
import { bytesModel, jsonModel, modelOf, textModel, type Model } from '../model.ts';
import { headerBlocks, tars } from '../tar-cases.ts';

interface FoundEntry {
  readonly name: string;
  readonly size: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

async function entriesOf(tar: Buffer): Promise<FoundEntry[]> {
  await using cursor = streamCursor(chunksOf(tar));
  const found: FoundEntry[] = [];
  for await (const entry of readTar(cursor)) {
    const { name, size, offset } = entry;
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.body()) chunks.push(chunk);
    found.push({ name, size, offset, bytes: Buffer.concat(chunks) });
  }
  return found;
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.byteLength; at += 700) yield bytes.subarray(at, at + 700);
}

export const archiveModels: readonly Model[] = [
  modelOf<Buffer, FoundEntry[]>(
    {
      name: 'readTar',
      weight: 4,
      parse: entriesOf,
      holds: (entries, tar) => {
        let end = 0;
        for (const { name, size, offset, bytes } of entries) {
          assert.doesNotMatch(name, /(?:^|\/)\.{0,2}(?:\/|$)|[\0\\]/, 'names stay inside');
          assert.ok(offset >= end + 512, 'entries follow one another, each behind its header');
          assert.ok(
            bytes.equals(tar.subarray(offset, offset + size)),
            'a body is where it is said to be',
          );
          end = offset + size;
        }
        assert.ok(tar.byteLength >= end + 1024 && tar.subarray(-1024).every((byte) => byte === 0));
      },
    },
    tars,
  ),
  modelOf<Buffer, DecodedBlock>(
    {
      name: 'decodeBlock',
      weight: 2,
      // A cursor never gives a shorter block.
      parse: (bytes) => (bytes.byteLength === 512 ? decodeBlock(bytes) : undefined),
      holds: ({ size, flag }) => {
        assert.ok(Number.isSafeInteger(size) && size >= 0);
        assert.equal(flag.length, 1);
      },
    },
    headerBlocks,
  ),
  bytesModel({
    name: 'decodePax',
    parse: decodePax,
    holds: (records, bytes) => {
      const lengths = [...records].map(([key, value]) => Buffer.byteLength(`${key}=${value}`) + 2);
      assert.ok(lengths.reduce((sum, one) => sum + one, 0) <= bytes.byteLength * 3);
      assert.equal(records.has(''), false);
    },
  }),
  jsonModel({
    name: 'parseBundleIndex',
    weight: 4,
    parse: parseBundleIndex,
    holds: (index, bytes) => {
      assert.ok(Buffer.from(formatBundleIndex(index)).equals(bytes), 'one meaning, one spelling');
      for (const { reference, original, from, pattern } of index.images)
        assert.doesNotMatch(`${reference}${original}${from}${pattern}`, /\p{Cc}/u);
      for (const { manifests } of index.images)
        for (const { platform } of manifests)
          assert.match(
            [platform.os, platform.architecture, platform.variant ?? '-'].join(''),
            /^[!-~]+$/,
          );
      assert.match(index.name, /^[\w.+-]+$/);
    },
  }),
  bytesModel({
    name: 'parseSums',
    parse: parseSums,
    holds: (sums) => {
      assert.deepEqual(
        parseSums(formatSums(sums)),
        sums.toSorted(({ name: a }, { name: b }) => (a < b ? -1 : 1)),
      );
      for (const { name } of sums) assert.doesNotMatch(name, /\/|^\.|\s/);
    },
  }),
  textModel({
    name: 'parseVolumeName',
    parse: parseVolumeName,
    holds: (number, name) => {
      assert.equal(formatVolumeName(number), name);
      assert.ok(number >= 1 && number <= 999);
    },
  }),
  jsonModel({
    name: 'parseInventory',
    parse: (bytes) => parseInventory(bytes, 'case'),
    holds: (inventory) => {
      const again = parseInventory(formatInventory(inventory), 'again');
      assert.deepEqual(again, inventory);
    },
  }),
  jsonModel({
    name: 'parseReceipt',
    parse: (bytes) => parseReceipt(bytes, 'case'),
    holds: (receipt) => {
      const again = parseReceipt(formatReceipt(receipt), 'again');
      assert.ok(canonicalJson(again).equals(canonicalJson(receipt)));
      assert.doesNotMatch(
        Buffer.from(formatReceipt(receipt)).toString('utf8').replaceAll('\n', ''),
        /\p{Cc}/u,
      );
    },
  }),
];
