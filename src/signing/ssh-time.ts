const TIME = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z|UTC)?$/i;

/**
 * Reads a time of allowed_signers: YYYYMMDD or YYYYMMDDHHMM[SS], of the local time zone unless `Z` ends it, as
 * ssh-keygen(1) "ALLOWED SIGNERS" says.
 *
 * @returns milliseconds since 1970; undefined for anything else, also for days that no calendar has
 */
export function parseSshTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1, 7).map((part) => Number(part ?? '0'));
  const [year = 0, month = 0, day = 0, ...clock] = parts;
  const [hour = 0, minute = 0, second = 0] = clock;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries 31 June over into July.
  const digits = parts.map((part, position) => String(part).padStart(position === 0 ? 4 : 2, '0'));
  if (new Date(utc).toISOString().replaceAll(/\D/g, '').slice(0, 14) !== digits.join(''))
    return undefined;
  const isUtc = match[7] !== undefined;
  return isUtc ? utc : new Date(year, month - 1, day, hour, minute, second).getTime();
}
