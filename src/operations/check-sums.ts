import { join } from 'node:path';
import { messageOf, type Problem } from '../errors.ts';
import { KIT_FILES, LOADER_NAME } from '../archive/kit-folder.ts';
import { parseSums, sumFile, type FileSum } from '../archive/sums.ts';
import { formatVolumeName, isArchiveFile, parseVolumeName } from '../archive/volumes.ts';
import type { OperationOptions } from '../content/operation.ts';
import { isSignatureFile } from '../signing/signature-files.ts';
import type { FoundKit } from './open-kit.ts';

/**
 * Compares the files of a kit folder with SHA256SUMS, and the list with the folder. A file that the list does not have
 * is a warning: media collect files of their own. Volumes are compared elsewhere (settle-volumes.ts).
 *
 * @param archiveSum sha256 of bundle.tar as it was read; undefined leaves its bytes unread
 * @throws AirkitError DISK_FAILED
 */
export async function checkSums(
  kit: FoundKit,
  archiveSum: string | undefined,
  options: OperationOptions = {},
): Promise<Problem[]> {
  const { folder, sums, files } = kit;
  if (folder === undefined) return [];
  if (sums === undefined) return [kitFinding('MEMBER_MISSING', KIT_FILES.sums, 'it is missing')];
  let listed: FileSum[];
  try {
    listed = parseSums(sums);
  } catch (error) {
    return [kitFinding('CONTENT_INVALID', KIT_FILES.sums, messageOf(error))];
  }
  const problems = checkList(listed, kit);
  for (const sum of listed.filter(({ name }) => files.includes(name))) {
    const isArchive = isArchiveFile(sum.name);
    if (parseVolumeName(sum.name) !== undefined) continue;
    if (isArchive && archiveSum === undefined) continue;
    const actual = isArchive
      ? archiveSum
      : await sumFile(join(folder, sum.name), { signal: options.signal });
    if (actual === sum.sha256) continue;
    problems.push(
      kitFinding(
        'DIGEST_MISMATCH',
        sum.name,
        `its sha256 is ${actual}, SHA256SUMS says ${sum.sha256}`,
      ),
    );
  }
  return problems;
}

/** A finding about a file of the kit. */
export function kitFinding(code: string, subject: string, message: string): Problem {
  return { code, severity: 'error', message: `${subject}: ${message}`, subject };
}

/** True for what people run straight from the medium. */
function isProgram(name: string): boolean {
  return name === KIT_FILES.loadScript || LOADER_NAME.test(name);
}

function unlisted(name: string): Problem {
  return kitFinding('MEMBER_MISSING', name, 'SHA256SUMS does not list it');
}

/** People run a program whoever put it there, so one without a sum is an error. A kit without load.sh is only poorer. */
function checkPrograms(listed: ReadonlySet<string>, files: readonly string[]): Problem[] {
  const problems = files.filter((name) => isProgram(name) && !listed.has(name)).map(unlisted);
  const { loadScript } = KIT_FILES;
  if (!listed.has(loadScript) && !files.includes(loadScript))
    problems.push({ ...unlisted(loadScript), severity: 'warning' });
  return problems;
}

function checkList(listed: readonly FileSum[], { files, volumes }: FoundKit): Problem[] {
  const names = new Set(listed.map(({ name }) => name));
  const archive = volumes === undefined ? KIT_FILES.archive : formatVolumeName(1);
  const required = [archive, KIT_FILES.index, KIT_FILES.images];
  const problems = required.filter((name) => !names.has(name)).map(unlisted);
  problems.push(...checkPrograms(names, files));
  for (const name of names) {
    const isVolume = volumes !== undefined && parseVolumeName(name) !== undefined;
    if (!isVolume && !files.includes(name))
      problems.push(kitFinding('MEMBER_MISSING', name, 'SHA256SUMS lists it, but it is not there'));
  }
  for (const name of files) {
    if (names.has(name) || isProgram(name) || name === KIT_FILES.sums || isSignatureFile(name))
      continue;
    problems.push({
      ...kitFinding('UNKNOWN_FILE', name, 'it does not belong to the kit'),
      severity: 'warning',
    });
  }
  return problems;
}
