import {
  diskFailureOf,
  isAirkitError,
  type Host,
  type OperationOptions,
  type Problem,
  type ProgressEvent,
} from '../index.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { collectBetweenBuffers } from './garbage.ts';
import { hostOfProcess } from './host.ts';
import { oneLine, printable } from '../printable.ts';
import { startProgress, type ProgressDisplay } from './progress.ts';

/** Flags that every command has. */
export interface CommonFlags {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  /** False with --no-progress. */
  readonly progress?: boolean | undefined;
}

/** What a command gives back: data for stdout in both forms, and how it went. */
export interface CommandResult {
  /** Members of the JSON document. */
  readonly data: object;
  /** The same for people. */
  readonly text: string;
  /** For people, on stderr. */
  readonly notes?: readonly string[] | undefined;
  /** Default 0. */
  readonly exitCode?: number | undefined;
  /** What did not work although there is data. */
  readonly error?: CommandError | undefined;
  /** What ended it although there is data: thrown by an operation, and told as such. */
  readonly failure?: unknown;
  /** For commands that end by a signal only: they have written their data themselves. */
  readonly runsUntilStopped?: boolean | undefined;
}

export interface CommandError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly problems?: readonly Problem[] | undefined;
}

/** @param endProgress for commands that run until they are stopped: called when there is nothing more to wait for */
export type Command = (
  host: Host,
  options: OperationOptions,
  endProgress: () => void,
) => Promise<CommandResult>;

const SCHEMA_VERSION = 1;

/** Runs a command with signals, progress and one way of failing; sets the exit code of the process. */
export async function runCommand(flags: CommonFlags, command: Command): Promise<void> {
  const signals = listenForSignals();
  const display = displayFor(flags);
  try {
    const onProgress = (event: ProgressEvent): void => {
      collectBetweenBuffers(event);
      display?.show(event);
    };
    const options = { signal: signals.signal, onProgress };
    const result = await command(hostFor(display), options, () => display?.end());
    display?.end();
    process.exitCode = await tell(result, flags, signals.received());
  } catch (error) {
    display?.end(error instanceof Error ? error.message : undefined);
    process.exitCode = await reportFailure(error, flags, { received: signals.received() });
  } finally {
    signals.stop();
  }
  // What is still to be written of an archive would keep the process alive for as long as nobody reads it.
  const isStopped = signals.received() !== undefined;
  if (isStopped && flags.json !== true && process.stdout.writableLength > 0) process.exit();
}

/** While a person is asked for a password, nothing else is written. */
function hostFor(display: ProgressDisplay | undefined): Host {
  const host = hostOfProcess();
  const { askPassword } = host;
  if (display === undefined || askPassword === undefined) return host;
  const ask = async (prompt: string): Promise<string> =>
    display.whileAsking(async () => askPassword(prompt));
  return { ...host, askPassword: ask };
}

/** Puts a result on the right streams. @returns the exit code */
async function tell(
  result: CommandResult,
  flags: CommonFlags,
  received: NodeJS.Signals | undefined,
): Promise<number> {
  const { data, text, error, failure, exitCode } = result;
  tellNotes(result, flags);
  if (result.runsUntilStopped === true) return stoppedBy(received);
  const hasFailed = error !== undefined || failure !== undefined;
  if (flags.json !== true) process.stdout.write(printable(text));
  else if (!hasFailed) process.stdout.write(documentText(data));
  if (error !== undefined) failWith(error, flags, data);
  if (failure === undefined) return exitCode ?? EXIT.done;
  const code = await reportFailure(failure, flags, { received, data });
  return received === undefined ? (exitCode ?? code) : code;
}

function tellNotes({ notes = [] }: CommandResult, { quiet }: CommonFlags): void {
  if (quiet !== true) for (const note of notes) tellPeople(`${note}\n`);
}

/** Tells of a failure on the right stream. @returns the exit code */
async function reportFailure(
  error: unknown,
  flags: CommonFlags,
  { received, data }: { received?: NodeJS.Signals | undefined; data?: object } = {},
): Promise<number> {
  if (received !== undefined) {
    failWith({ code: 'INTERRUPTED', message: `stopped by ${received}` }, flags, data);
    return stoppedBy(received);
  }
  const known = isAirkitError(error) ? error : diskFailureOf(error);
  if (known !== undefined) {
    failWith(known, flags, data);
    return exitCodeOf(known.code);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  failWith(
    {
      code: 'BUG',
      message: text,
      hint: 'This is a bug in airkit. Please report it with this text.',
    },
    flags,
    data,
  );
  return EXIT.bug;
}

function stoppedBy(signal: NodeJS.Signals | undefined): number {
  if (signal === undefined) return EXIT.done;
  return signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
}

/** The error part of a document, or text on stderr. */
function failWith(error: CommandError, flags: CommonFlags, data: object = {}): void {
  const { code, message, hint, problems = [] } = error;
  if (flags.json === true) {
    const detail = problems.length === 0 ? {} : { problems };
    process.stdout.write(
      documentText({
        ...data,
        error: { code, message, ...(hint === undefined ? {} : { hint }), ...detail },
      }),
    );
    return;
  }
  const said = code === 'BUG' ? message : oneLine(message);
  tellPeople(problems.length === 0 ? `error: ${said} (${code})\n` : problemsText(problems));
  const isSaid = problems.some((problem) => problem.hint === hint);
  if (hint !== undefined && !isSaid) tellPeople(`  ${oneLine(hint)}\n`);
}

/** All that goes to stderr but progress. */
export function tellPeople(text: string): void {
  process.stderr.write(printable(text));
}

function problemsText(problems: readonly Problem[]): string {
  return problems.map(problemText).join('');
}

/** `file:line:column: error: message (CODE)`, the frame, and the hint. */
export function problemText(problem: Problem): string {
  const { code, severity, message, subject, line, column, frame, hint } = problem;
  const place = line === undefined ? '' : `${oneLine(subject ?? '')}:${line}:${column ?? 1}: `;
  const frameText = frame === undefined ? '' : `${frame.trimEnd()}\n`;
  const hintText = hint === undefined ? '' : `  ${oneLine(hint)}\n`;
  return `${place}${severity}: ${oneLine(message)} (${code})\n${frameText}${hintText}`;
}

/** What went otherwise than one might think, as a note. */
export function warningText(text: string): string {
  return `warning: ${oneLine(text)}`;
}

/** The one document on stdout. */
export function documentText(data: object): string {
  return printable(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...data }, undefined, 2)}\n`);
}

function displayFor({ quiet, progress }: CommonFlags): ProgressDisplay | undefined {
  if (quiet === true || progress === false) return undefined;
  const { stderr, env } = process;
  return startProgress({
    isTerminal: stderr.isTTY && env['TERM'] !== 'dumb' && env['CI'] === undefined,
    write: (text) => stderr.write(text),
    now: () => performance.now(),
  });
}

interface SignalListener {
  readonly signal: AbortSignal;
  received(): NodeJS.Signals | undefined;
  stop(): void;
}

/** The first signal stops the operation cleanly, the second the process. */
function listenForSignals(): SignalListener {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const listen = (name: NodeJS.Signals): void => {
    if (received !== undefined) process.exit(stoppedBy(name));
    received = name;
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on('SIGINT', listen).on('SIGTERM', listen);
  return {
    signal: controller.signal,
    received: () => received,
    stop: () => process.off('SIGINT', listen).off('SIGTERM', listen),
  };
}
