// Times commands with hyperfine, and their memory with GNU time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT, sh } from './support.mjs';

export const CLI = join(ROOT, 'dist/cli/main.js');

/**
 * A command of a row: airkit's arguments, or a shell's command line.
 *
 * `prepare` is run before each run and not timed. `once` commands are too slow to be run in every round.
 *
 * @typedef {{ name: string, airkit?: string[], shell?: string, env?: Record<string, string>, prepare?: string,
 *   once?: boolean }} Measured
 */

/**
 * Runs the commands in turn, in as many rounds as asked for: what slows the machine down meets all of them.
 *
 * @param {import('./workplace.mjs').Workplace} place
 * @param {Measured[]} commands
 * @returns {Promise<Record<string, { seconds: number, mebibytes?: number }>>} medians; the highest peak of memory
 */
export async function measure(place, commands) {
  const times = Object.fromEntries(commands.map(({ name }) => [name, []]));
  for (let round = 0; round < place.rounds; round += 1) {
    const due = commands.filter(({ once: single }) => round === 0 || single !== true);
    const flags = due.flatMap((command) => flagsOf(place, command));
    const results = await hyperfine(place, ['--runs', '1', '--shell', 'bash', ...flags]);
    for (const { command, times: seconds } of results) times[command].push(...seconds);
  }
  const entries = commands.map(async ({ name, airkit }) => {
    const mebibytes = airkit === undefined ? undefined : await peakOf(place, name);
    return [name, { seconds: median(times[name]), mebibytes }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Many runs of commands of a few milliseconds, without a shell and without GNU time around them. */
export async function measureShort(place, commands) {
  const flags = commands.flatMap(({ name, command }) => ['--command-name', name, command]);
  const runs = String(Math.max(20, place.rounds));
  const results = await hyperfine(place, ['-N', '--warmup', '3', '--runs', runs, ...flags]);
  return Object.fromEntries(results.map(({ command, times }) => [command, median(times)]));
}

function flagsOf(place, { name, airkit, shell, env, prepare = 'true' }) {
  const timed = airkit === undefined ? shell : airkitLine(place, { name, airkit, env });
  const logged = `set -o pipefail; { ${timed}; } >/dev/null 2>>${quote(place.log)}`;
  const prepared = `{ set -e; ${prepare}; sync; } >/dev/null 2>>${quote(place.log)}`;
  return ['--prepare', prepared, '--command-name', name, logged];
}

/** airkit as users run it, its peak memory noted in KiB. */
function airkitLine(place, { name, airkit, env = {} }) {
  const variables = Object.entries({ ...place.environment, ...env }).map(
    ([key, value]) => `${key}=${value}`,
  );
  const time = ['/usr/bin/time', '--append', '--format', '%M', '--output', peakFile(place, name)];
  return line('env', ...variables, ...time, process.execPath, CLI, ...airkit);
}

async function hyperfine(place, args) {
  const output = join(place.folder, 'hyperfine.json');
  const all = ['--style', 'none', '--export-json', output, ...args];
  await runGroup(place, 'hyperfine', all);
  return JSON.parse(await readFile(output, 'utf8')).results;
}

/** In a process group of its own, which can be stopped with all that it started. Its stdout. */
async function runGroup(place, file, args) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  place.running = child.pid;
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  place.running = undefined;
  if (code !== 0) throw new Error(`a command failed\n${await endOf(place.log)}`);
  return stdout.trim();
}

async function endOf(log) {
  const lines = await readFile(log, 'utf8').catch(() => '');
  return lines.split('\n').slice(-20).join('\n');
}

function peakFile(place, name) {
  return join(place.folder, `${name}.peak`);
}

async function peakOf(place, name) {
  const file = peakFile(place, name);
  const peaks = (await readFile(file, 'utf8')).match(/^\d+$/gmu).map(Number);
  await rm(file);
  return Math.max(...peaks) / 1024;
}

/** One run of airkit, outside hyperfine: what it printed, and its peak memory in MiB. */
export async function runAirkit(place, args, env = {}) {
  const command = airkitLine(place, { name: 'single', airkit: args, env });
  const stdout = await runGroup(place, 'bash', ['-c', `${command} 2>>${quote(place.log)}`]);
  return { stdout, mebibytes: await peakOf(place, 'single') };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A command line of a shell. */
export function line(...words) {
  return words.map(quote).join(' ');
}

/** A command of the engine harness as a command line. */
export function lineOf({ file, args, env = {} }) {
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  return line(...(variables.length > 0 ? ['env', ...variables] : []), file, ...args);
}

function quote(word) {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** The size of a file or of all files below a folder, in bytes. */
export async function bytesOf(path) {
  return Number(
    await sh(`find "$1" -type f -printf '%s\\n' | awk '{ s += $1 } END { print s }'`, path),
  );
}
