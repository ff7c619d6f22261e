import { pack, type PackedKit } from '../../index.ts';
import { formatBytes, plural } from '../format.ts';
import { lockUseOf, type PackFlags } from '../flags.ts';
import type { Command } from '../run-command.ts';

export function packCommand(file: string, flags: PackFlags): Command {
  return async (host, options) => {
    const { bundle: bundles, output, force, key, publicKey, annotation: annotations } = flags;
    const lock = lockUseOf(flags);
    const choice = { file, bundles, output, lock };
    const kits = await pack(host, { ...options, ...choice, force, key, publicKey, annotations });
    return {
      data: { kits: kits.map(kitData) },
      text: kits.map(({ path }) => `${path}\n`).join(''),
      notes: kits.flatMap(kitNotes),
    };
  };
}

function kitData({
  name,
  version,
  path,
  archiveBytes,
  archiveSha256,
  signedBy,
  warnings,
  plan,
  lockedBy,
}: PackedKit): object {
  return {
    name,
    version,
    path,
    archive: { bytes: archiveBytes, sha256: archiveSha256 },
    signedBy: signedBy ?? null,
    images: plan.images.map(({ reference, original, from, pattern, root, imageId, platforms }) => ({
      reference,
      original,
      from,
      pattern,
      root,
      imageId,
      platforms,
    })),
    totals: plan.totals,
    lock: lockedBy === undefined ? null : { path: lockedBy },
    warnings,
  };
}

function kitNotes({
  name,
  version,
  plan,
  archiveBytes,
  signedBy,
  path,
  warnings,
  lockedBy,
}: PackedKit): string[] {
  const saved =
    plan.totals.savedBytes === 0 ? '' : `, ${formatBytes(plan.totals.savedBytes)} saved by sharing`;
  const signed =
    signedBy === undefined
      ? 'not signed: use --key, or sign later with airkit sign'
      : `signed by ${signedBy}`;
  const locked = lockedBy === undefined ? [] : [`note: images as locked in ${lockedBy}`];
  return [
    ...locked,
    ...warnings.map((warning) => `warning: ${warning}`),
    `${name} ${version}: ${plural(plan.images.length, 'image')}, ${formatBytes(archiveBytes)}${saved}; ${signed}`,
    `Next: carry ${path} across, then run airkit verify and airkit load on it.`,
  ];
}
