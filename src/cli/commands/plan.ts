import {
  lacksRoom,
  plan,
  type DiscoveredImage,
  type LockComparison,
  type Origin,
  type PlannedBundle,
  type PlannedImage,
} from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatTable, plural, shortDigest } from '../format.ts';
import { oneLine } from '../../printable.ts';
import { lockUseOf, type PlanFlags } from '../flags.ts';
import { isMeant } from '../is-meant.ts';
import { leftOutText } from '../left-out-text.ts';
import { missingText, partlyDone } from '../missing.ts';
import {
  type Command,
  type CommandError,
  type CommandResult,
  warningText,
} from '../run-command.ts';
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
      allowMissing: flags.allowMissing,
      reuse: flags.reuse,
      base: flags.base,
      volumes: flags.volumes,
      volumeSize: flags.volumeSize,
    });
    return flags.why === undefined ? planResult(plans) : whyResult(plans, flags.why);
  };
}

function planResult(plans: readonly PlannedBundle[]): CommandResult {
  const error = plans.map(lackOfSpace).find((one) => one !== undefined);
  return {
    data: { bundles: plans.map(planData), missing: plans.flatMap(({ missing }) => missing) },
    text: plans.map(planText).join('\n'),
    notes: plans.flatMap(notesOf),
    ...(error === undefined ? partlyDone(plans) : { error, exitCode: EXIT.failed }),
  };
}

function notesOf({ warnings, missing }: PlannedBundle): string[] {
  return [
    ...warnings.map((warning) => `note: ${oneLine(warning)}`),
    ...missing.map((image) => warningText(missingText(image))),
  ];
}

function planData({
  name,
  version,
  path,
  plan: { images, totals, leftOut },
  kit,
  bases,
  space,
  origins,
  missing,
  warnings,
  lock,
}: PlannedBundle): object {
  const [destination, cache] = space;
  return {
    name,
    version,
    path,
    images: images.map(({ blobs, ...image }) => ({ ...image, blobs: blobs.length })),
    totals,
    kit,
    bases,
    leftOut: { blobs: leftOut.length, bytes: totals.leftOutBytes },
    freeSpace: { destination, cache },
    lock: lock ?? null,
    fetchBytes: bytesOf(origins, 'registry'),
    reusedBytes: bytesOf(origins, 'kit'),
    origins,
    missing,
    skipped: warnings,
  };
}

function planText(bundle: PlannedBundle): string {
  const {
    name,
    version,
    path,
    plan: { images, totals },
    kit,
    space,
    lock,
    origins,
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
    table + referrersOf(images),
    `${plural(images.length, 'image')}, ${formatBytes(totals.imageBytes)} one by one, ${formatBytes(totals.savedBytes)} saved by sharing`,
    ...(bundle.bases.length === 0 ? [] : [leftOutText(bundle.plan, bundle.bases)]),
    `kit: ${bound}${formatBytes(kit.bytes)} in ${path}`,
    `from: ${origins.map(({ from, bytes }) => `${from} ${formatBytes(bytes)}`).join(', ')}`,
    `free: ${formatBytes(destination?.freeBytes ?? 0)} there, ${formatBytes(cache?.freeBytes ?? 0)} in the cache (${formatBytes(cache?.neededBytes ?? 0)} needed)`,
    ...(lock === undefined ? [] : [lockText(lock)]),
    '',
  ].join('\n');
}

function lockText(lock: LockComparison): string {
  const changes = changeLines(lock);
  const silent = lock.notCompared.map(
    ({ from, message }) => `  not compared  ${from}: ${message}
`,
  );
  const summary =
    changes.length === 0 ? '' : '; since then (airkit lock --update PATTERN takes it over):';
  return [
    `images as locked in ${lock.path}${summary}
`,
    ...changes,
    ...silent,
  ]
    .join('')
    .trimEnd();
}

function referrersOf(images: readonly PlannedImage[]): string {
  const rows = images.flatMap(({ reference, referrers = [] }) =>
    referrers.map(({ digest, artifactType, tag, subject = '', size }) => [
      reference,
      shortDigest(digest),
      tag?.split('.').at(-1) ?? artifactType ?? '-',
      shortDigest(subject),
      formatBytes(size),
    ]),
  );
  const head = ['IMAGE', 'REFERRER', 'TYPE', 'REFERS TO', 'SIZE'];
  return rows.length === 0
    ? ''
    : `
${formatTable(head, rows, ['SIZE'])}`;
}

function bytesOf(origins: readonly Origin[], medium: Origin['medium']): number {
  return origins
    .filter((origin) => origin.medium === medium)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

function reasonOf({ from, pattern, original, reference }: PlannedImage): string {
  const renamed = original === reference ? '' : `, was ${original}`;
  return `${from}: ${pattern}${renamed}`;
}

function whyResult(plans: readonly PlannedBundle[], wanted: string): CommandResult {
  const found = plans.flatMap(({ name, plan: { images }, discovered }) =>
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

function lackOfSpace({ space }: PlannedBundle): CommandError | undefined {
  const short = space.find(lacksRoom);
  if (short === undefined) return undefined;
  return {
    code: 'NO_SPACE',
    message: `${short.path}: ${formatBytes(short.neededOnFileSystem)} are needed, ${formatBytes(short.freeBytes)} are free`,
    hint: 'Free some space there, or choose another place (output.path, XDG_CACHE_HOME).',
  };
}
