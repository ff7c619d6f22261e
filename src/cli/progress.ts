import type { Phase, ProgressEvent } from '../index.ts';
import { formatBytes, formatDuration } from './format.ts';
import { oneLine } from '../printable.ts';

/** Shows progress on stderr. */
export interface ProgressDisplay {
  show(event: ProgressEvent): void;
  /**
   * Ends the current line, so that other text can follow.
   *
   * @param error what is told next: failures after which nothing went on are told by it alone
   */
  end(error?: string): void;
}

/** Where progress is written, and what the clock says. */
export interface ProgressOutput {
  readonly isTerminal: boolean;
  write(text: string): void;
  /** Milliseconds. */
  now(): number;
}

const PHASES: Readonly<Record<Phase, string>> = {
  receive: 'reading stdin',
  read: 'reading images',
  list: 'listing images',
  export: 'exporting',
  write: 'writing',
  'read-back': 'reading back',
  verify: 'verifying',
  load: 'loading',
  copy: 'copying',
};
const REFRESH_MILLISECONDS = 100;
const CLEAR_LINE = '\r\u001B[K';

/** On a terminal one line that is drawn anew, with throughput and time left; otherwise one line for each event. */
export function startProgress(output: ProgressOutput): ProgressDisplay {
  let phase: RunningPhase | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const finishPhase = (): void => {
    if (phase !== undefined)
      output.write(`${output.isTerminal ? CLEAR_LINE : ''}${summary(phase, output.now())}\n`);
    phase = undefined;
  };
  const warn = (message: string): void =>
    output.write(`${output.isTerminal ? CLEAR_LINE : ''}warning: ${oneLine(message)}\n`);
  let failures: string[] = [];
  const tellFailures = (): void => {
    for (const failure of failures.splice(0)) warn(failure);
  };
  const note = (event: ProgressEvent): void => {
    if (event.kind === 'warning' && event.isFailure === true) {
      failures.push(event.message);
      return;
    }
    tellFailures();
    if (event.kind === 'phase') {
      finishPhase();
      phase = { name: PHASES[event.phase], startedAt: output.now(), total: event.bytes, done: 0 };
    } else if (event.kind === 'warning') {
      warn(event.message);
    } else if (event.kind === 'bytes' && phase !== undefined) {
      phase.done += event.bytes;
    } else if (event.kind === 'expected' && phase !== undefined) {
      phase.total = (phase.total ?? 0) + event.bytes;
    }
  };
  const draw = (): void => {
    if (phase === undefined || output.now() - drawnAt < REFRESH_MILLISECONDS) return;
    drawnAt = output.now();
    output.write(`${CLEAR_LINE}${current(phase, drawnAt)}`);
  };
  return {
    show: (event) => {
      note(event);
      if (output.isTerminal) draw();
    },
    end: (error) => {
      const told = error?.split('\n').filter((line) => line !== '') ?? [];
      failures = failures.filter((failure) => !told.some((line) => failure.startsWith(line)));
      tellFailures();
      finishPhase();
    },
  };
}

interface RunningPhase {
  readonly name: string;
  readonly startedAt: number;
  total: number | undefined;
  done: number;
}

function current(phase: RunningPhase, now: number): string {
  const { name, total, done } = phase;
  const rate = rateOf(phase, now);
  const speed = rate > 0 ? `  ${formatBytes(rate)}/s` : '';
  if (total === undefined || total <= 0)
    return `${name}  ${done === 0 ? '…' : formatBytes(done)}${speed}`;
  const percent = Math.min(100, Math.floor((done / total) * 100));
  const left = rate > 0 && done < total ? `  ETA ${formatDuration((total - done) / rate)}` : '';
  return `${name}  ${percent}%  ${formatBytes(done)} of ${formatBytes(total)}${speed}${left}`;
}

function summary(phase: RunningPhase, now: number): string {
  const seconds = (now - phase.startedAt) / 1000;
  const rate = rateOf(phase, now);
  const moved = phase.done === 0 ? '' : `  ${formatBytes(phase.done)}, ${formatBytes(rate)}/s`;
  return `${phase.name}${moved}  ${seconds.toFixed(1)}s`;
}

/** Bytes per second since the phase began. */
function rateOf({ startedAt, done }: RunningPhase, now: number): number {
  const seconds = (now - startedAt) / 1000;
  return seconds <= 0 ? 0 : done / seconds;
}
