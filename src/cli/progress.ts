import type { ProgressEvent } from '../index.ts';
import { formatDuration } from './format.ts';
import { oneLine } from '../printable.ts';
import { startPhaseLine, type ProgressOutput } from './phase-line.ts';
import { watchStillness } from './stillness.ts';

/** Shows progress on stderr. */
export interface ProgressDisplay {
  show(event: ProgressEvent): void;
  /** Runs what waits for a person, of which nothing is told. */
  whileAsking<Result>(ask: () => Promise<Result>): Promise<Result>;
  /**
   * Ends the current line, so that other text can follow; nothing is told of waiting from then on.
   *
   * @param error what is told next: failures after which nothing went on are told by it alone
   */
  end(error?: string): void;
}

/**
 * On a terminal one line that is drawn anew, with throughput and time left; otherwise one line for each phase. Until
 * {@link ProgressDisplay.end} it is also told when nothing has moved for long.
 */
export function startProgress(output: ProgressOutput): ProgressDisplay {
  const line = startPhaseLine(output);
  const stillness = watchStillness(output, (milliseconds) => {
    line.tell(stillWaiting(milliseconds, line.name()));
    line.refresh();
  });
  const warn = (message: string): void => line.tell(`warning: ${oneLine(message)}`);
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
    if (event.kind === 'warning') warn(event.message);
    else line.count(event);
  };
  return {
    show: (event) => {
      stillness.moved();
      note(event);
      line.refresh();
    },
    whileAsking: async (ask) => {
      stillness.stop();
      return ask().finally(() => stillness.start());
    },
    end: (error) => {
      stillness.stop();
      const told = error?.split('\n').filter((part) => part !== '') ?? [];
      failures = failures.filter((failure) => !told.some((part) => failure.startsWith(part)));
      tellFailures();
      line.finish();
    },
  };
}

function stillWaiting(milliseconds: number, phase: string | undefined): string {
  const where = phase === undefined ? '' : ` (${phase})`;
  return `still waiting: nothing has moved for ${formatDuration(milliseconds / 1000)}${where}; Ctrl-C stops`;
}
