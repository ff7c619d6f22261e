import type { HealthCheck } from '../runtime-config.ts';
import { execForm, invalidInstruction } from './words.ts';

const HINT =
  'Write HEALTHCHECK [--interval=30s] [--timeout=…] [--start-period=…] [--retries=3] CMD …, or HEALTHCHECK NONE.';

const TIMES: ReadonlyMap<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'> =
  new Map([
    ['interval', 'Interval'],
    ['timeout', 'Timeout'],
    ['start-period', 'StartPeriod'],
    ['start-interval', 'StartInterval'],
  ]);

/** Reads the arguments of HEALTHCHECK (Dockerfile reference). @throws AirkitError USAGE */
export function parseHealthCheck(text: string): HealthCheck {
  let rest = text;
  const options: Record<string, number> = {};
  for (;;) {
    const [flag, name = '', value = ''] = /^--([\w-]+)=(\S*)\s*/.exec(rest) ?? [];
    if (flag === undefined) break;
    options[optionName(name)] = name === 'retries' ? parseCount(value) : parseDuration(value);
    rest = rest.slice(flag.length);
  }
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value > 0));
  return { ...set, Test: parseTest(rest) };
}

function parseTest(text: string): string[] {
  const [, kind = '', command = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  if (kind.toUpperCase() === 'NONE') {
    if (command === '') return ['NONE'];
    throw invalidInstruction('HEALTHCHECK NONE takes no arguments', HINT);
  }
  if (kind.toUpperCase() !== 'CMD')
    throw invalidInstruction(`HEALTHCHECK: ${JSON.stringify(kind)} is neither CMD nor NONE`, HINT);
  const list = execForm(command);
  if (command === '' || list?.length === 0)
    throw invalidInstruction('HEALTHCHECK CMD needs a command', HINT);
  return list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list];
}

function optionName(name: string): string {
  const known = name === 'retries' ? 'Retries' : TIMES.get(name);
  if (known !== undefined) return known;
  throw invalidInstruction(`HEALTHCHECK has no option --${name}`, HINT);
}

function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalidInstruction(`--retries: ${JSON.stringify(text)} is no number`, HINT);
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A duration as Go writes it (`1m30s`, `500ms`), in nanoseconds; at least a millisecond, or 0 for the default. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const parts = Array.from(text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g));
  const total = parts.reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (UNITS[unit] ?? 0),
    0,
  );
  const isWhole = parts.map(([part]) => part).join('') === text && parts.length > 0;
  const nanoseconds = Math.trunc(total);
  if (isWhole && Number.isSafeInteger(nanoseconds) && (nanoseconds === 0 || nanoseconds >= 1e6))
    return nanoseconds;
  throw invalidInstruction(
    `${JSON.stringify(text)} is no time of at least a millisecond`,
    'Write it as 30s, 1m30s or 500ms.',
  );
}
