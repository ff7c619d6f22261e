import { pack, type PackedKit } from '../../index.ts';
import { formatBytes, plural } from '../format.ts';
import type { PackFlags } from '../flags.ts';
import type { Command } from '../run-command.ts';

export function packCommand(file: string, flags: PackFlags): Command {
  return async (host, options) => {
    const { bundle: bundles, output, force, key, annotation: annotations } = flags;
    const kits = await pack(host, { ...options, file, bundles, output, force, key, annotations });
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
}: PackedKit): object {
  return {
    name,
    version,
    path,
    archive: { bytes: archiveBytes, sha256: archiveSha256 },
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
}: PackedKit): string[] {
  const saved =
    plan.totals.savedBytes === 0 ? '' : `, ${formatBytes(plan.totals.savedBytes)} saved by sharing`;
  const signed =
    signedBy === undefined
      ? 'not signed: use --key, or sign later with airkit sign'
      : `signed by ${signedBy}`;
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `${name} ${version}: ${plural(plan.images.length, 'image')}, ${formatBytes(archiveBytes)}${saved}; ${signed}`,
    `Next: carry ${path} across, then run airkit verify and airkit load on it.`,
  ];
}
