import { addAbortSignal } from 'node:stream';
import { discover, type DiscoveredImage, type DiscoveryReport, type Problem } from '../../index.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import type { DiscoverFlags } from '../flags.ts';
import { plural } from '../format.ts';
import { isMeant } from '../is-meant.ts';
import { oneLine } from '../../printable.ts';
import { problemText, type Command, type CommandResult } from '../run-command.ts';

export function discoverCommand(paths: readonly string[], flags: DiscoverFlags): Command {
  return async (host, options) => {
    const { signal } = options;
    const { stdin } = process;
    const input = signal === undefined ? stdin : addAbortSignal(signal, stdin);
    const report = await discover(host, paths, { ...options, kind: flags.kind, input });
    return flags.why === undefined ? listResult(report, flags) : whyResult(report, flags.why);
  };
}

function listResult(report: DiscoveryReport, flags: DiscoverFlags): CommandResult {
  const { definite, possible, untagged } = report;
  const problems = report.problems.map(namingFile);
  const listed = flags.includePossible === true ? [...definite, ...possible] : definite;
  const names = listed.map(({ name }) => name).toSorted();
  const errors = problems.filter(({ severity }) => severity === 'error');
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  const apart = flags.includePossible === true ? [] : possible;
  return {
    data: { images: definite, possible, untagged, findings: problems },
    text: flags.format === 'bundles' ? selectorText(names) : linesText(names),
    notes: [
      ...warnings.map((one) => problemText(one).trimEnd()),
      ...apart.map((one) => `possible: ${oneLine(`${one.name}  ${placesText(one)}`)}`),
      ...untagged.map((name) => `note: ${oneLine(name)} has no tag: latest is meant`),
      summaryOf(report),
    ],
    ...(errors.length === 0 ? {} : failureOf(errors, definite.length + possible.length)),
  };
}

/** With a part of the files unread, what is listed is a part of the images. */
function failureOf(
  errors: DiscoveryReport['problems'],
  found: number,
): Pick<CommandResult, 'error' | 'exitCode'> {
  const [first] = errors;
  const code = found > 0 ? 'PARTLY_DONE' : codeOf(first);
  const error = {
    code,
    message: `${plural(errors.length, 'place')} cannot be read, so images may be missing`,
    hint: first?.hint,
    problems: errors,
  };
  return { error, exitCode: exitCodeOf(code) };
}

function codeOf(problem: Problem | undefined): 'UNSUPPORTED' | 'SOURCE_FAILED' | 'SPEC_INVALID' {
  const { code } = problem ?? {};
  return code === 'UNSUPPORTED' || code === 'SOURCE_FAILED' ? code : 'SPEC_INVALID';
}

/** What is about a whole file has no line; then the message names the file. */
function namingFile(problem: Problem): Problem {
  if (problem.line !== undefined) return problem;
  return { ...problem, message: `${problem.subject}: ${problem.message}` };
}

function linesText(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join('');
}

/** An entry for `images` of a bundle. */
function selectorText(names: readonly string[]): string {
  if (names.length === 0) return '';
  const lines = names.map((name) => `    - ${JSON.stringify(name)}\n`);
  return `- from: registry\n  include:\n${lines.join('')}`;
}

function placesText({ places }: DiscoveredImage): string {
  const [first] = places;
  if (first === undefined) return '';
  const more = places.length === 1 ? '' : ` and ${plural(places.length - 1, 'more place')}`;
  return `${placeLines([first]).join('')}${more}`;
}

function summaryOf({ definite, possible }: DiscoveryReport): string {
  const rest = possible.length === 0 ? '' : `, ${possible.length} possible`;
  return `${plural(definite.length, 'image')}${rest}`;
}

function whyResult({ definite, possible }: DiscoveryReport, wanted: string): CommandResult {
  const certain = (list: readonly DiscoveredImage[], certainty: string): object[] =>
    list
      .filter(({ reference }) => isMeant(reference, wanted))
      .map(({ reference, name, places }) => ({ reference, name, certainty, places }));
  const why = [...certain(definite, 'definite'), ...certain(possible, 'possible')];
  if (why.length > 0) {
    return {
      data: { why },
      text: whyText(definite, wanted, '') + whyText(possible, wanted, ' (possible)'),
    };
  }
  const message = `nothing names ${wanted}`;
  const hint = 'airkit discover without --why lists what is found.';
  const error = { code: 'NO_MATCH', message, hint };
  return { data: { why }, text: '', error, exitCode: EXIT.usage };
}

function whyText(images: readonly DiscoveredImage[], wanted: string, suffix: string): string {
  return images
    .filter(({ reference }) => isMeant(reference, wanted))
    .flatMap(({ name, places }) => placeLines(places).map((line) => `${name}${suffix}: ${line}\n`))
    .join('');
}

/** `deploy/shop.yaml:12:18: Deployment/shop: spec…`, and the template where a chart was rendered. */
export function placeLines(places: DiscoveredImage['places']): string[] {
  return places.map(({ file, line, column, path, template }) => {
    const from = template === undefined ? '' : ` (${template})`;
    return `${file}:${line}:${column}${path === '' ? '' : `: ${path}`}${from}`;
  });
}
