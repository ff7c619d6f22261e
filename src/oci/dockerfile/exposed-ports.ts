import { invalidInstruction } from './words.ts';

/** Reads one word of EXPOSE: `80`, `53/udp`, `8000-8010`. @returns `PORT/PROTOCOL` of each @throws AirkitError USAGE */
export function parseExposed(word: string): string[] {
  const [, from, to = from, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || last > 65_535 || first > last || first === 0)
    throw invalidInstruction(
      `EXPOSE: ${JSON.stringify(word)} is no port`,
      'Write PORT, PORT/udp or FROM-TO, such as 80 53/udp 8000-8010.',
    );
  return Array.from(
    { length: last - first + 1 },
    (_, index) => `${first + index}/${protocol.toLowerCase()}`,
  );
}
