// How results are shown: a line while running, a table at the end.
import { LIMITS, ROWS } from './bars.mjs';

const NAMES = {
  ratio: ({ value, bar }) => [`${number(value)} ×`, `${bar} ×`],
  sizeRatio: ({ value, bar }) => [`size ${number(value)} ×`, `size ${bar} ×`],
  rssRatio: ({ value, bar }) => [`${number(value)} ×`, `${bar} ×`],
  seconds: ({ value, bar }) => [`${number(value)} s`, `${bar} s`],
  mebibytes: ({ value, bar }) => [`${number(value)} MiB`, `${bar} MiB`],
};

/** @param {{ id: string, figures?: object, bars?: object[], failure?: string }} result */
export function lineOfRow(result) {
  if (result.failure !== undefined) return `${result.id}: not measured: ${result.failure}`;
  const { own, peer, ratio, bar, met, limit = '–' } = cells(result);
  return `${result.id}: ${own} | ${peer} | ${ratio} | at most ${bar} | ${met} | other tools ${limit}`;
}

/**
 * The page with the table.
 *
 * @param {{ date: string, machine: string[], versions: string[], method: string }} machine
 */
export function resultsOf({ date, machine, versions, method }, results) {
  return `# Benchmark results

${date}. ${method}.

- machine: ${machine.join('; ')}
- versions: ${versions.join('; ')}

"Other tools" is what they take for the same work, or a part of it, without airkit: what is possible on this machine.

| row | airkit | peer | its figure | ratio | at most | met | peak memory | other tools |
|---|---|---|---|---|---|---|---|---|
${results.map(tableLine).join('\n')}
`;
}

function tableLine(result) {
  const { title, peer: plain } = ROWS[result.id];
  const [peer, how] = [plain, LIMITS[result.id] ?? ''].map((text) =>
    text.replaceAll('|', String.raw`\|`),
  );
  if (result.failure !== undefined)
    return `| ${title} | not measured: ${result.failure} | ${peer} | | | | | | |`;
  const { own, peer: theirs, ratio, bar, met, peak, limit } = cells(result);
  const others = limit === undefined ? '–' : `${limit}: ${how}`;
  return `| ${title} | ${own} | ${peer} | ${theirs} | ${ratio} | ${bar} | ${met} | ${peak} | ${others} |`;
}

function cells({ figures, bars }) {
  const shown = bars.map((one) => NAMES[one.kind](one));
  const { seconds, peerSeconds, limitSeconds, bytes, peerBytes, mebibytes, peerMebibytes } =
    figures;
  return {
    own: known([time(seconds), size(bytes), seconds === undefined ? memory(mebibytes) : undefined]),
    peer: known([time(peerSeconds), size(peerBytes), memory(peerMebibytes)]),
    ratio: shown.map(([value]) => value).join(', '),
    bar: shown.map(([, bar]) => bar).join(', '),
    met: bars.every(({ met }) => met) ? 'yes' : 'no',
    peak: memory(mebibytes) ?? '–',
    limit: limitSeconds === undefined ? undefined : `${number(limitSeconds / peerSeconds)} ×`,
  };
}

function known(parts) {
  return parts.filter((part) => part !== undefined).join(', ') || '–';
}

function time(seconds) {
  if (seconds === undefined) return undefined;
  return seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(2)} s`;
}

function size(bytes) {
  return bytes === undefined ? undefined : `${(bytes / 1e6).toFixed(1)} MB`;
}

function memory(mebibytes) {
  return mebibytes === undefined ? undefined : `${mebibytes.toFixed(0)} MiB`;
}

function number(value) {
  return value < 10 ? value.toFixed(value < 1 ? 3 : 2) : value.toFixed(0);
}
