import type { Phase, ProgressEvent } from '../index.ts';
import { formatBytes, formatDuration } from './format.ts';

/** Where progress is written, and what the clock says. */
export interface ProgressOutput {
  readonly isTerminal: boolean;
  write(text: string): void;
  /** Milliseconds. */
  now(): number;
}

/** The phase that runs, and its line on a terminal. */
export interface PhaseLine {
  /** Of the running phase, for people: `loading`. */
  name(): string | undefined;
  count(event: ProgressEvent): void;
  /** Draws the line anew, at most so often that it can be read. */
  refresh(): void;
  /** Writes a line that stays; on a terminal above the phase's. */
  tell(line: string): void;
  /** Ends the phase with a line on it. */
  finish(): void;
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

/** Without a terminal, phases are told when they are over, and only then. */
export function startPhaseLine(output: ProgressOutput): PhaseLine {
  let phase: RunningPhase | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const tell = (line: string): void => {
    output.write(`${output.isTerminal ? CLEAR_LINE : ''}${line}\n`);
    drawnAt = Number.NEGATIVE_INFINITY;
  };
  const finish = (): void => {
    if (phase !== undefined) tell(summary(phase, output.now()));
    phase = undefined;
  };
  return {
    name: () => phase?.name,
    count: (event) => {
      if (event.kind === 'phase') {
        finish();
        phase = {
          name: PHASES[event.phase],
          startedAt: output.now(),
          total: event.bytes,
          done: 0,
        };
      } else if (event.kind === 'bytes' && phase !== undefined) {
        phase.done += event.bytes;
      } else if (event.kind === 'expected' && phase !== undefined) {
        phase.total = (phase.total ?? 0) + event.bytes;
      }
    },
    refresh: () => {
      if (!output.isTerminal || phase === undefined) return;
      if (output.now() - drawnAt < REFRESH_MILLISECONDS) return;
      drawnAt = output.now();
      output.write(`${CLEAR_LINE}${current(phase, drawnAt)}`);
    },
    tell,
    finish,
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
