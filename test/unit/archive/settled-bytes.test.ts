/** Bytes are read back only once they are on the disk: what is told of that, and who waits for it. */
import { mkdtemp } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openJournal } from '../../../src/archive/journal.ts';
import { bundleIndexSpan } from '../../../src/archive/layout.ts';
import { openSettledBytes } from '../../../src/archive/settled-bytes.ts';
import { cutArchive } from '../../../src/archive/volumes.ts';
import { openWriteBack, type SyncCall } from '../../../src/archive/write-back.ts';
import { writeArchive } from '../../../src/archive/write-archive.ts';
import type { ContentReader } from '../../../src/content/content.ts';
import { AirkitError } from '../../../src/errors.ts';
import { buildImage, manifestRoot } from '../../support/image-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { assembleSample, sampleRoots, writeSample, type SampleKit } from './sample-kit.ts';

const folder = useTempFolder();
const never = new AbortController().signal;

test.each([1_000_000, 4096, 5000])('volumes of %d bytes: what is told is in place', async (cut) => {
  const kit = await assembleSample(await sampleRoots());
  const plain = await writeSample(await folder.fresh(), kit);
  const { indexBytes: index, layout, content } = kit;
  const path = await mkdtemp(join(folder.path(), 'settled-'));
  const files = cutArchive(bundleIndexSpan(index.byteLength) + layout.size, cut);
  const parts = files.map((file) => Object.assign(file, { path: join(path, file.name) }));
  const told: number[] = [];
  await writeArchive({
    parts,
    index,
    layout,
    originsOf: async () => [{ where: 'memory', content }],
    journal: await openJournal(join(path, 'journal'), 'plan'),
    observer: {
      settled: (end) => {
        told.push(end);
        const found = Buffer.concat(parts.map((part) => readFileSync(part.path)));
        expect(found.subarray(0, end).equals(plain.subarray(0, end))).toBe(true);
      },
      rewritten: () => expect.unreachable(),
    },
  });
  expect(Math.max(...told)).toBe(plain.byteLength);
});

test('a wait for bytes that never come ends with the signal', async () => {
  const settled = openSettledBytes();
  settled.advance(10);
  expect(await settled.beyond(9, never)).toBe(10);
  const stop = new AbortController();
  const waiting = settled.beyond(10, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(settled.beyond(0, stop.signal)).rejects.toThrow('enough');
});

/** Syncs that end when they are told to. */
function heldSyncs(): { calls: SyncCall[]; sync(call: SyncCall): Promise<void>; end(): void } {
  const calls: SyncCall[] = [];
  let endOne: (() => void) | undefined;
  return {
    calls,
    sync: async (call) => {
      expect(endOne).toBeUndefined();
      calls.push(call);
      await new Promise<void>((resolve) => {
        endOne = resolve;
      });
    },
    end: () => {
      const one = endOne;
      endOne = undefined;
      one?.();
    },
  };
}

test('a disk that is two steps behind is waited for', async () => {
  const syncs = heldSyncs();
  const writeBack = openWriteBack((call) => syncs.sync(call), 100);
  await writeBack.wrote(99);
  expect(syncs.calls).toEqual([]);
  await writeBack.wrote(1);
  await setImmediate();
  expect(syncs.calls).toEqual(['datasync']);
  await writeBack.wrote(199);
  let isPast = false;
  const waiting = (async () => {
    await writeBack.wrote(1);
    isPast = true;
  })();
  await setImmediate();
  expect(isPast).toBe(false);
  syncs.end();
  await waiting;
  await setImmediate();
  expect(syncs.calls).toEqual(['datasync', 'datasync']);
  syncs.end();
  const finished = writeBack.finish();
  await setImmediate();
  syncs.end();
  await finished;
  expect(syncs.calls).toEqual(['datasync', 'datasync', 'sync']);
});

async function failingSync(call: SyncCall): Promise<void> {
  if (call === 'datasync') throw new Error('lost');
}

test('a failure of any sync is told', async () => {
  const early = openWriteBack(failingSync, 100);
  await early.wrote(100);
  await expect(early.finish()).rejects.toThrow('lost');
  const late = openWriteBack(failingSync, 100);
  await late.wrote(100);
  await expect(late.wrote(300)).rejects.toThrow('lost');
});

test('bytes that are written once more are told of', async () => {
  const large = manifestRoot(await buildImage({ layers: [1_100_000] }));
  const kit = await assembleSample([['docker.io/library/large:1', large]]);
  const { indexBytes: index, layout, content } = kit;
  const path = await folder.fresh();
  const parts = cutArchive(bundleIndexSpan(index.byteLength) + layout.size).map((file) =>
    Object.assign(file, { path: join(path, file.name) }),
  );
  const damaged: ContentReader = {
    ...content,
    fetch: async function* (target, options) {
      yield* content.fetch(target, options);
      throw new AirkitError('DIGEST_MISMATCH', 'damaged at its end');
    },
  };
  let rewritten = 0;
  const failures = await writeArchive({
    parts,
    index,
    layout,
    originsOf: async () => [
      { where: 'a bad disk', content: damaged },
      { where: 'memory', content },
    ],
    journal: await openJournal(join(path, 'journal'), 'plan'),
    observer: {
      settled: () => undefined,
      rewritten: () => {
        rewritten += 1;
      },
    },
  });
  expect(failures).toEqual([]);
  expect(rewritten).toBeGreaterThan(0);
  expect(readFileSync(join(path, 'bundle.tar')).equals(await plainBytes(kit))).toBe(true);
});

async function plainBytes(kit: SampleKit): Promise<Buffer> {
  return writeSample(await folder.fresh(), kit);
}

test('a file is not closed under its last sync', async () => {
  const syncs = heldSyncs();
  const writeBack = openWriteBack((call) => syncs.sync(call));
  const finished = writeBack.finish();
  await setImmediate();
  let isSettled = false;
  const settling = (async () => {
    await writeBack.settled();
    isSettled = true;
  })();
  await setImmediate();
  expect(isSettled).toBe(false);
  syncs.end();
  await Promise.all([settling, finished]);
});
