import { describe, expect, it } from 'vitest';
import type {
  ImageTarget,
  NameReversal,
  TargetImage,
  TargetResult,
} from '../../src/content/image.ts';
import type { OperationOptions } from '../../src/content/operation.ts';
import { formatReference } from '../../src/oci/reference.ts';
import { buildImage, manifestRoot, type BuiltRoot } from '../support/image-builder.ts';
import { damagedImage, targetImage } from '../support/target-image.ts';

export interface TargetUnderTest {
  readonly open: (options?: OperationOptions) => Promise<ImageTarget>;
  /** What a name stands for, asked by other means than the target's own. */
  readonly idOf: (reference: string) => Promise<string | undefined>;
  /** The ID that the target gives to an image. Default: its root digest. */
  readonly expectedId?: (image: TargetImage) => string;
  /** True where a name that is put back to nothing stays, as in registries that delete no tags. */
  readonly keepsNames?: boolean;
}

export interface TargetKind {
  /** One file that is written as a whole: no image of it is present, or put back, without the others. Default false. */
  readonly isOneFile?: boolean;
}

const rootId = ({ root }: TargetImage): string => root.digest;

let count = 0;

/** A name that no other test uses: engines may be shared. */
function freshName(what: string): string {
  count += 1;
  return `registry.example/contract/${what}-${count}:1`;
}

async function rootOf(...layers: number[]): Promise<BuiltRoot> {
  return manifestRoot(await buildImage({ layers }));
}

/** What every target of images must do, whatever its medium. A new transport is done when this passes. */
export function imageTargetContract(
  title: string,
  prepare: () => Promise<TargetUnderTest>,
  { isOneFile = false }: TargetKind = {},
): void {
  describe(title, () => {
    it('surveys without writing, loads, and sends nothing the second time', async () => {
      const { open, idOf, expectedId = rootId } = await prepare();
      await using target = await open();
      const images = [
        await targetImage(freshName('app'), await rootOf(1, 2)),
        await targetImage(freshName('api'), await rootOf(1, 3)),
      ];
      const names = images.map(({ reference }) => formatReference(reference));
      const surveyed = await target.survey(images);
      expect(surveyed).toMatchObject(names.map((reference) => ({ reference, status: 'skipped' })));
      expect(await Promise.all(names.map(idOf))).toEqual([undefined, undefined]);

      const { results, sentBytes } = await target.load(images);
      const after = images.map(expectedId);
      expect(results).toMatchObject(
        names.map((reference, at) => ({ reference, status: 'loaded', after: after[at] })),
      );
      expect(results.map(({ before }) => before)).toEqual([undefined, undefined]);
      expect(await Promise.all(names.map(idOf))).toEqual(after);
      expect(sentBytes).toBeGreaterThan(0);

      expect((await target.survey(images)).map(({ status }) => status)).toEqual([
        'already-present',
        'already-present',
      ]);
      expect(await target.load(images)).toMatchObject({
        results: names.map((reference, at) => ({
          reference,
          status: 'already-present',
          before: after[at],
          after: after[at],
        })),
        sentBytes: 0,
      });
    });

    it('says how many bytes it will move, less what is there, and moves as many', async () => {
      const { open } = await prepare();
      await using target = await open();
      const [base, more] = [await rootOf(14), await rootOf(14, 15)];
      await target.load([await targetImage(freshName('base'), base)]);
      const moved = { expected: 0, bytes: 0 };
      const onProgress: OperationOptions['onProgress'] = (event) => {
        if (event.kind === 'expected' || event.kind === 'bytes') moved[event.kind] += event.bytes;
      };
      const image = await targetImage(freshName('more'), more);
      const { sentBytes } = await target.load([image], { onProgress });
      expect(moved.bytes).toBeGreaterThan(0);
      expect(moved.bytes).toBeLessThanOrEqual(sentBytes);
      expect(moved.expected).toBe(moved.bytes);
    });

    it.skipIf(isOneFile)('tells each outcome once, as it stands in the results', async () => {
      const { open } = await prepare();
      await using target = await open();
      const images = [
        await targetImage(freshName('one'), await rootOf(4)),
        await targetImage(freshName('two'), await rootOf(5)),
        await targetImage(freshName('three'), await rootOf(6)),
      ];
      await target.load(images.slice(1, 2));
      const told: TargetResult[] = [];
      const onResult = async (result: TargetResult): Promise<void> => {
        told.push(result);
      };
      const { results } = await target.load(images, { onResult });
      expect(results.map(({ status }) => status)).toEqual(['loaded', 'already-present', 'loaded']);
      expect(byName(told)).toEqual(byName(results));
    });

    it.skipIf(isOneFile)('moves a name, tells what it stood for, and puts it back', async () => {
      const { open, idOf, expectedId = rootId } = await prepare();
      await using target = await open();
      const name = freshName('moved');
      const [old, next] = [
        await targetImage(name, await rootOf(7)),
        await targetImage(name, await rootOf(8)),
      ];
      await target.load([old]);
      const [found] = await target.survey([next]);
      expect(found).toMatchObject({ status: 'skipped', before: expectedId(old) });
      const { results } = await target.load([next]);
      expect(results).toMatchObject([{ before: expectedId(old), after: expectedId(next) }]);
      expect(await idOf(name)).toBe(expectedId(next));

      const reversal = reversalOf(next, expectedId(next), expectedId(old));
      expect(await putBack(target, reversal)).toMatchObject({
        reference: name,
        status: 'restored',
        now: expectedId(old),
      });
      expect(await idOf(name)).toBe(expectedId(old));
      expect(await putBack(target, reversal)).toMatchObject({
        status: 'changed',
        now: expectedId(old),
      });
      expect(await idOf(name)).toBe(expectedId(old));
    });

    it('takes a name away that was not there before', async () => {
      const { open, idOf, expectedId = rootId, keepsNames = false } = await prepare();
      await using target = await open();
      const name = freshName('added');
      const image = await targetImage(name, await rootOf(9));
      await target.load([image]);
      const result = await putBack(target, reversalOf(image, expectedId(image), undefined));
      expect(result).toMatchObject({ reference: name, status: keepsNames ? 'failed' : 'removed' });
      expect(await idOf(name)).toBe(keepsNames ? expectedId(image) : undefined);
    });

    it('says so when what a name stood for is gone', async () => {
      const { open, idOf, expectedId = rootId } = await prepare();
      await using target = await open();
      const name = freshName('lost');
      const image = await targetImage(name, await rootOf(10));
      await target.load([image]);
      const gone = `sha256:${'0123456789abcdef'.repeat(4)}`;
      const result = await putBack(target, reversalOf(image, expectedId(image), gone));
      expect(result).toMatchObject({ status: 'failed', message: expect.any(String) });
      expect(await idOf(name)).toBe(expectedId(image));
    });

    it('gives no name to an image of which a blob is damaged, and throws what the blob says', async () => {
      const { open, idOf } = await prepare();
      await using target = await open();
      const name = freshName('damaged');
      const image = await damagedImage(name, await rootOf(11, 12));
      await expect(target.load([image])).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
      expect(await idOf(name)).toBeUndefined();
      const whole = await targetImage(name, await rootOf(11, 12));
      expect((await target.load([whole])).results).toMatchObject([{ status: 'loaded' }]);
    });

    it('stops when the signal is aborted, with its reason, and gives no name', async () => {
      const { open, idOf } = await prepare();
      await using target = await open();
      const name = freshName('stopped');
      const image = await targetImage(name, await rootOf(13));
      const reason = new Error('stopped by the test');
      const signal = AbortSignal.abort(reason);
      await expect(target.load([image], { signal })).rejects.toBe(reason);
      expect(await idOf(name)).toBeUndefined();
    });
  });
}

function byName(all: readonly TargetResult[]): TargetResult[] {
  return all.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
}

function reversalOf(
  { reference }: TargetImage,
  expected: string,
  restore: string | undefined,
): NameReversal {
  return { reference, expected, restore };
}

async function putBack(target: ImageTarget, name: NameReversal): Promise<unknown> {
  const [result] = (await target.putBack?.([name])) ?? [];
  return result;
}
