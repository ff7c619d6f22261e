import { isAirkitError, pack, type PackedKit } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, plural } from '../format.ts';
import { lockUseOf, type PackFlags } from '../flags.ts';
import { leftOutText } from '../left-out-text.ts';
import { missingText, partlyDone } from '../missing.ts';
import { type Command, type CommandResult, warningText } from '../run-command.ts';

export function packCommand(file: string, flags: PackFlags): Command {
  return async (host, options) => {
    const { bundle: bundles, output, force, key, publicKey, annotation: annotations } = flags;
    const { allowMissing, reuse, base, volumes, volumeSize } = flags;
    const loaders = flags.withLoader?.flatMap((list) => list.split(','));
    const kits: PackedKit[] = [];
    const lock = lockUseOf(flags);
    const choice = { file, bundles, output, lock, allowMissing, reuse, base, volumes, volumeSize };
    const wanted = { ...choice, force, key, publicKey, annotations, loaders };
    try {
      await pack(host, { ...options, ...wanted, onKit: (kit) => kits.push(kit) });
    } catch (failure) {
      if (kits.length === 0) throw failure;
      return { ...resultOf(kits), failure, ...(isAirkitError(failure) ? PARTLY : {}) };
    }
    return { ...resultOf(kits), ...partlyDone(kits) };
  };
}

/** Kits that are complete can be used, whatever became of the others. */
const PARTLY = { exitCode: EXIT.partly };

function resultOf(kits: readonly PackedKit[]): CommandResult {
  const missing = kits.flatMap((kit) => kit.missing);
  return {
    data: { kits: kits.map(kitData), missing },
    text: kits.map(({ path }) => `${path}\n`).join(''),
    notes: kits.flatMap(kitNotes),
  };
}

function kitData({
  name,
  version,
  path,
  archiveBytes,
  archiveSha256,
  volumes,
  signedBy,
  warnings,
  missing,
  plan,
  bases,
  lockedBy,
}: PackedKit): object {
  return {
    name,
    version,
    path,
    archive: { bytes: archiveBytes, sha256: archiveSha256 },
    volumes,
    signedBy: signedBy ?? null,
    images: plan.images.map(
      ({ reference, original, from, pattern, root, imageId, platforms, referrers }) => ({
        reference,
        original,
        from,
        pattern,
        root,
        imageId,
        platforms,
        referrers,
      }),
    ),
    totals: plan.totals,
    bases,
    leftOut: { blobs: plan.leftOut.length, bytes: plan.totals.leftOutBytes },
    lock: lockedBy === undefined ? null : { path: lockedBy },
    missing,
    warnings,
  };
}

function kitNotes({
  name,
  version,
  plan,
  archiveBytes,
  volumes,
  signedBy,
  path,
  warnings,
  lockedBy,
  missing,
  bases,
}: PackedKit): string[] {
  const saved =
    plan.totals.savedBytes === 0 ? '' : `, ${formatBytes(plan.totals.savedBytes)} saved by sharing`;
  const signed =
    signedBy === undefined
      ? 'not signed: use --key, or sign later with airkit sign'
      : `signed by ${signedBy}`;
  const cut = volumes.length === 0 ? '' : ` in ${plural(volumes.length, 'volume')}`;
  const locked = lockedBy === undefined ? [] : [`note: images as locked in ${lockedBy}`];
  const isThin = plan.leftOut.length > 0;
  return [
    ...locked,
    ...[...warnings, ...missing.map(missingText)].map(warningText),
    `${name} ${version}: ${plural(plan.images.length, 'image')}, ${formatBytes(archiveBytes)}${cut}${saved}; ${signed}`,
    ...(bases.length === 0 ? [] : [leftOutText(plan, bases)]),
    isThin
      ? `Next: carry ${path} across, then run airkit load on it there, with --base where the target does not have the rest.`
      : `Next: carry ${path} across, then run airkit verify and airkit load on it.`,
  ];
}
