import { AirkitError } from '../errors.ts';
import type { KitFile } from './kit-files.ts';

/** A folder on a medium, and what fits there. */
export interface Medium {
  readonly path: string;
  /** Media of one file system share its room. */
  readonly device: number;
  /** Bytes that may still be written. */
  readonly freeBytes: number;
  /** Bytes that the file system gives out at a time. */
  readonly blockBytes: number;
  /** The largest file, in bytes; undefined where there is no limit to speak of. */
  readonly maxFileBytes?: number | undefined;
  /** Sizes of the files of the kit that are there already, by name. */
  readonly present: ReadonlyMap<string, number>;
}

/** What one medium gets. */
export interface MediumPlan {
  readonly medium: Medium;
  readonly tables: readonly KitFile[];
  /** A consecutive run; never empty. */
  readonly volumes: readonly KitFile[];
}

/** Folders are made of blocks, too. */
const BLOCKS_FOR_NAMES = 4;

/**
 * Shares the volumes of a kit out among media, in order: each gets the tables and as many of the next volumes as fit.
 * What is there already needs no room, so a copy that is taken up again comes to the same.
 *
 * @throws AirkitError NO_SPACE when not all fit, UNSUPPORTED for a volume that is too large for the file system
 */
export function planMedia(
  {
    tables,
    volumes,
  }: { readonly tables: readonly KitFile[]; readonly volumes: readonly KitFile[] },
  media: readonly Medium[],
): MediumPlan[] {
  const free = new Map(media.map(({ device, freeBytes }) => [device, freeBytes]));
  const plans: MediumPlan[] = [];
  let next = 0;
  for (const medium of media) {
    const cost = (files: readonly KitFile[]): number =>
      files.reduce((sum, file) => sum + growth(file, medium), 0);
    const names = BLOCKS_FOR_NAMES * medium.blockBytes;
    let room = (free.get(medium.device) ?? 0) - cost(tables) - names;
    const own: KitFile[] = [];
    for (const volume of volumes.slice(next)) {
      requireFileSize(volume, medium);
      const needed = cost([volume]);
      if (room < needed) break;
      room -= needed;
      own.push(volume);
    }
    if (own.length === 0) continue;
    free.set(medium.device, room + names);
    next += own.length;
    plans.push({ medium, tables, volumes: own });
  }
  const left = volumes.slice(next);
  if (left.length > 0) throw tooLittleRoom(left, media);
  return plans;
}

/** Bytes that a file takes more than what is there under its name. */
function growth({ name, size }: KitFile, { present, blockBytes }: Medium): number {
  const before = present.get(name) ?? 0;
  return inBlocks(size, blockBytes) - inBlocks(before, blockBytes);
}

function inBlocks(size: number, blockBytes: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

function requireFileSize({ name, size }: KitFile, { path, maxFileBytes }: Medium): void {
  if (maxFileBytes === undefined || size <= maxFileBytes) return;
  throw new AirkitError(
    'UNSUPPORTED',
    `${path}: its file system takes files of at most ${maxFileBytes} bytes, ${name} has ${size}`,
    { hint: 'Pack with --volume-size fat32.', context: { path } },
  );
}

function tooLittleRoom(left: readonly KitFile[], media: readonly Medium[]): AirkitError {
  const bytes = left.reduce((sum, { size }) => sum + size, 0);
  const rooms = media.map(({ path, freeBytes }) => `${path} has ${freeBytes} bytes free`);
  const [first] = left;
  return new AirkitError(
    'NO_SPACE',
    `${left.length === 1 ? '1 volume does' : `${left.length} volumes do`} not fit, from ${first?.name ?? ''} (${first?.size ?? 0} bytes) on: ${bytes} bytes; ${rooms.join(', ')}`,
    {
      hint: 'Name more folders on other media, or pack with a smaller --volume-size.',
      context: { path: media[0]?.path ?? '', neededBytes: bytes },
    },
  );
}
