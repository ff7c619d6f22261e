import {
  lacksRoom,
  plan,
  type BundlePlan,
  type DiscoveredImage,
  type LockComparison,
  type PlannedImage,
} from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatTable, plural } from '../format.ts';
import { lockUseOf, type PlanFlags } from '../flags.ts';
import { isMeant } from '../is-meant.ts';
import type { Command, CommandError, CommandResult } from '../run-command.ts';
import { placeLines } from './discover.ts';
import { changeLines } from './lock.ts';

export function planCommand(file: string, flags: PlanFlags): Command {
  return async (host, options) => {
    const plans = await plan(host, {
      ...options,
      file,
      bundles: flags.bundle,
      output: flags.output,
      lock: lockUseOf(flags),
      compareLock: flags.why === undefined,
    });
    return flags.why === undefined ? planResult(plans) : whyResult(plans, flags.why);
  };
}

function planResult(plans: readonly BundlePlan[]): CommandResult {
  const error = plans.map(lackOfSpace).find((one) => one !== undefined);
  return {
    data: { bundles: plans.map(planData) },
    text: plans.map(planText).join('\n'),
    notes: plans.flatMap(({ warnings }) => warnings.map((warning) => `note: ${warning}`)),
    ...(error === undefined ? {} : { error, exitCode: EXIT.failed }),
  };
}

function planData({
  name,
  version,
  path,
  plan: { images, totals },
  kit,
  space,
  warnings,
  lock,
}: BundlePlan): object {
  const [destination, cache] = space;
  return {
    name,
    version,
    path,
    images: images.map(({ blobs, ...image }) => ({ ...image, blobs: blobs.length })),
    totals,
    kit,
    freeSpace: { destination, cache },
    lock: lock ?? null,
    skipped: warnings,
  };
}

function planText(bundle: BundlePlan): string {
  const {
    name,
    version,
    path,
    plan: { images, totals },
    kit,
    space,
    lock,
  } = bundle;
  const bound = kit.kind === 'exact' ? '' : 'at most ';
  const rows = images.map((image) => [
    image.reference,
    image.platforms.join(', '),
    formatBytes(image.size),
    formatBytes(image.uniqueBytes),
    formatBytes(image.sharedBytes),
    reasonOf(image),
  ]);
  const table = formatTable(['IMAGE', 'PLATFORM', 'SIZE', 'UNIQUE', 'SHARED', 'CHOSEN BY'], rows, [
    'SIZE',
    'UNIQUE',
    'SHARED',
  ]);
  const [destination, cache] = space;
  return [
    `${name} ${version}`,
    '',
    table,
    `${plural(images.length, 'image')}, ${formatBytes(totals.imageBytes)} one by one, ${formatBytes(totals.savedBytes)} saved by sharing`,
    `kit: ${bound}${formatBytes(kit.bytes)} in ${path}`,
    `free: ${formatBytes(destination?.freeBytes ?? 0)} there, ${formatBytes(cache?.freeBytes ?? 0)} in the cache (${formatBytes(cache?.neededBytes ?? 0)} needed)`,
    ...(lock === undefined ? [] : [lockText(lock)]),
    '',
  ].join('\n');
}

function lockText(lock: LockComparison): string {
  const changes = changeLines(lock);
  const silent = lock.notCompared.map(
    ({ from, message }) => `  not compared  ${from}: ${message}\n`,
  );
  const summary =
    changes.length === 0 ? '' : '; since then (airkit lock --update PATTERN takes it over):';
  return [`images as locked in ${lock.path}${summary}\n`, ...changes, ...silent].join('').trimEnd();
}

function reasonOf({ from, pattern, original, reference }: PlannedImage): string {
  const renamed = original === reference ? '' : `, was ${original}`;
  return `${from}: ${pattern}${renamed}`;
}

function whyResult(plans: readonly BundlePlan[], wanted: string): CommandResult {
  const found = plans.flatMap(({ name, plan: { images }, discovered = [] }) =>
    images
      .filter((image) => isNamed(image, wanted))
      .map((image) => ({ bundle: name, image, places: placesOf(image, discovered) })),
  );
  const data = found.map(({ bundle, image: { blobs, ...image }, places }) => ({
    bundle,
    ...image,
    blobs: blobs.length,
    places,
  }));
  const text = found
    .map(({ bundle, image, places }) =>
      [
        `${image.reference}: bundle ${bundle}, ${reasonOf(image)}\n`,
        ...placeLines(places).map((line) => `  ${line}\n`),
      ].join(''),
    )
    .join('');
  if (found.length > 0) return { data: { why: data }, text };
  const error = {
    code: 'NO_MATCH',
    message: `no bundle holds ${wanted}`,
    hint: 'airkit plan lists what is chosen.',
  };
  return { data: { why: data }, text, error, exitCode: EXIT.usage };
}

function isNamed({ reference, original }: PlannedImage, wanted: string): boolean {
  return isMeant(reference, wanted) || isMeant(original, wanted);
}

/** Where files name an image that `discover` chose. */
function placesOf(
  { pattern, original }: PlannedImage,
  discovered: readonly DiscoveredImage[],
): DiscoveredImage['places'] {
  return discovered
    .filter(({ name, reference }) => name === pattern || reference === original)
    .flatMap(({ places }) => places);
}

function lackOfSpace({ space }: BundlePlan): CommandError | undefined {
  const short = space.find(lacksRoom);
  if (short === undefined) return undefined;
  return {
    code: 'NO_SPACE',
    message: `${short.path}: ${formatBytes(short.neededOnFileSystem)} are needed, ${formatBytes(short.freeBytes)} are free`,
    hint: 'Free some space there, or choose another place (output.path, XDG_CACHE_HOME).',
  };
}
