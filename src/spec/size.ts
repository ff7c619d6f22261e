import { AirkitError } from '../errors.ts';
import type { Complaint } from './complaint.ts';

/** Bytes that fit on the media people carry. */
const PRESETS: Readonly<Record<string, number>> = {
  /** A FAT32 file ends at 4 GiB - 1 byte; 4095 MiB is the last whole MiB below. */
  fat32: 4095 * 1024 * 1024,
  /** Single layer, 2 295 104 sectors of 2 KiB. */
  dvd: 4_700_372_992,
};

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

const SIZE = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]{0,3})$/;

const HINT =
  'Write bytes, a size such as 4GiB, 4.7GB or 650MiB (GB is 1000³, GiB 1024³), or one of the presets fat32, dvd.';

/**
 * Bytes that a text means: `4GiB`, `4.7GB`, `650MiB`, `1048576`, or a preset: `fat32` is 4095 MiB, `dvd` 4.7 GB.
 * Fractions of a byte are dropped.
 *
 * @throws AirkitError USAGE
 */
export function parseSize(text: string): number {
  const size = readSize(text);
  if (typeof size === 'number') return size;
  throw new AirkitError('USAGE', size.message, { hint: size.hint });
}

/** What is wrong with a size, if anything. */
export function sizeComplaint(text: string): Complaint | undefined {
  const size = readSize(text);
  return typeof size === 'number' ? undefined : size;
}

function readSize(text: string): number | Complaint {
  const word = text.trim().toLowerCase();
  if (Object.hasOwn(PRESETS, word)) return PRESETS[word] ?? 0;
  const [, amount = '', unit = ''] = SIZE.exec(word) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (amount === '' || factor === undefined) return wrong(text, 'is not a size');
  const bytes = Math.floor(Number((Number(amount) * factor).toPrecision(15)));
  if (bytes < 1) return wrong(text, 'is less than one byte');
  return Number.isSafeInteger(bytes) ? bytes : wrong(text, 'is more than any disk holds');
}

function wrong(text: string, what: string): Complaint {
  return {
    code: 'WRONG_VALUE',
    message: `${JSON.stringify(text.slice(0, 60))} ${what}`,
    hint: HINT,
  };
}
