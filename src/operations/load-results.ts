import type { TargetResult } from '../content/image.ts';
import type { ChosenKitImage } from './choose-kit-images.ts';
import type { Host } from './host.ts';
import type { TargetRun } from './load-targets.ts';
import type { ReceiptResult, ReceiptTarget } from './receipt.ts';
import { recordTarget } from './target-record.ts';

/** What became of one image in one target. */
export interface LoadResult extends TargetResult {
  /** As it was named. */
  readonly target: string;
  /** The kit's name where the target has it under another. */
  readonly original?: string | undefined;
}

/** What became of one target. */
export interface LoadedTarget {
  readonly target: string;
  /** Bytes of content sent. */
  readonly sentBytes: number;
  /** Why nothing, or nothing more, could be done there. */
  readonly error?:
    | { readonly code: string; readonly message: string; readonly hint?: string | undefined }
    | undefined;
}

/** What is known of all images in a target, in the order of the kit. */
export function resultsOf(run: TargetRun, images: readonly ChosenKitImage[]): LoadResult[] {
  return images.map((image) => namedResult(run, image, resultOf(run, image)));
}

/** A result under the target's and the kit's names. */
export function namedResult(
  { place }: TargetRun,
  { original }: Pick<ChosenKitImage, 'original'>,
  result: TargetResult,
): LoadResult {
  const named = { target: place.text, ...result };
  return original === undefined ? named : { ...named, original };
}

function resultOf(
  { settled, surveyed, error }: TargetRun,
  { reference }: ChosenKitImage,
): TargetResult {
  const known = settled.get(reference);
  if (known !== undefined) return known;
  const found = surveyed.get(reference) ?? { reference, status: 'skipped' };
  return error === undefined
    ? { message: 'would be loaded', ...found }
    : { ...found, status: 'failed', message: error.message };
}

/** The results with which a receipt begins: what is not known for good is yet to come. */
export function pendingResults(run: TargetRun, images: readonly ChosenKitImage[]): ReceiptResult[] {
  return images.map((image) => {
    const { reference } = image;
    const known = run.settled.get(reference);
    if (known !== undefined) return namedResult(run, image, known);
    const before = run.surveyed.get(reference)?.before;
    return {
      ...namedResult(run, image, { reference, before, status: 'skipped' }),
      status: 'pending',
    };
  });
}

/** How a load went in one target as a whole. */
export function targetReport({ place, sentBytes, error }: TargetRun): LoadedTarget {
  if (error === undefined) return { target: place.text, sentBytes };
  const { code, message, hint } = error;
  return { target: place.text, sentBytes, error: { code, message, hint } };
}

/** The same for a receipt. */
export function recordRun(host: Host, { place, sentBytes, error }: TargetRun): ReceiptTarget {
  const failure = error === undefined ? {} : { error: error.message };
  return { ...recordTarget(host, place), sentBytes, ...failure };
}
