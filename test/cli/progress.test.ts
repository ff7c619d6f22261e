import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startProgress, type ProgressDisplay } from '../../src/cli/progress.ts';

function record(isTerminal: boolean): {
  lines: string[];
  display: ReturnType<typeof startProgress>;
  wait: (milliseconds: number) => void;
} {
  const lines: string[] = [];
  let clock = 0;
  const write = (text: string): void => void lines.push(text);
  const display = startProgress({ isTerminal, write, now: () => clock });
  return { lines, display, wait: (milliseconds) => void (clock += milliseconds) };
}

test('a terminal shows one line that is drawn anew, with throughput and time left', () => {
  const { lines, display, wait } = record(true);
  display.show({ kind: 'phase', phase: 'write', bytes: 4_000_000 });
  wait(1000);
  display.show({ kind: 'bytes', bytes: 1_000_000 });
  expect(lines.at(-1)).toBe('\r\u001B[Kwriting  25%  1.0 MB of 4.0 MB  1.0 MB/s  ETA 3s');
  display.end();
  expect(lines.at(-1)).toBe('\r\u001B[Kwriting  1.0 MB, 1.0 MB/s  1.0s\n');
});

test('what is expected adds up, and what is there already goes off; nothing is left when all is done', () => {
  const { lines, display, wait } = record(true);
  display.show({ kind: 'phase', phase: 'load' });
  display.show({ kind: 'expected', bytes: 3_000_000 });
  display.show({ kind: 'expected', bytes: 2_000_000 });
  wait(1000);
  display.show({ kind: 'bytes', bytes: 1_000_000 });
  expect(lines.at(-1)).toBe('\r\u001B[Kloading  20%  1.0 MB of 5.0 MB  1.0 MB/s  ETA 4s');
  wait(1000);
  display.show({ kind: 'expected', bytes: -2_000_000 });
  expect(lines.at(-1)).toBe('\r\u001B[Kloading  33%  1.0 MB of 3.0 MB  500 kB/s  ETA 4s');
  wait(1000);
  display.show({ kind: 'bytes', bytes: 2_000_000 });
  expect(lines.at(-1)).toBe('\r\u001B[Kloading  100%  3.0 MB of 3.0 MB  1.0 MB/s');
});

test('elsewhere each phase is one line, and warnings stand for themselves', () => {
  const { lines, display, wait } = record(false);
  display.show({ kind: 'phase', phase: 'list' });
  display.show({ kind: 'warning', message: 'the cache entry was damaged' });
  wait(500);
  display.show({ kind: 'phase', phase: 'verify', bytes: 10 });
  display.show({ kind: 'bytes', bytes: 10 });
  display.end();
  expect(lines.map((line) => line.split('  ')[0])).toEqual([
    'warning: the cache entry was damaged\n',
    'listing images',
    'verifying',
  ]);
  expect(lines.every((line) => line.endsWith('\n'))).toBe(true);
});

/** What is written of the events, when an error follows. */
function toldBefore(error: string, ...events: Parameters<ProgressDisplay['show']>[0][]): string {
  let text = '';
  const write = (part: string): void => void (text += part);
  const display = startProgress({ isTerminal: false, write, now: () => 0 });
  for (const event of events) display.show(event);
  display.end(error);
  return text;
}

test('failures that the error repeats at once are told by the error alone', () => {
  const error = 'redis:7: no such tag\nredis:8: no such tag';
  const same = {
    kind: 'warning',
    message: 'redis:7: no such tag (NO_MATCH); going on',
    isFailure: true,
  } as const;
  const other = {
    kind: 'warning',
    message: 'nginx:1: no such tag (NO_MATCH); going on',
    isFailure: true,
  } as const;
  expect(toldBefore(error, same)).toBe('');
  expect(
    toldBefore(error, same, { ...same, message: 'redis:8: no such tag (NO_MATCH); going on' }),
  ).toBe('');
  expect(toldBefore(error, same, other)).toBe(`warning: ${other.message}\n`);
  expect(toldBefore(error, same, { kind: 'bytes', bytes: 1 })).toBe(`warning: ${same.message}\n`);
});

const wait = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);
const clock = (): number => performance.now();

/** A display whose lines come with the second in which they were written. */
function startTimed(isTerminal = false) {
  const lines: [number, string][] = [];
  const begun = clock();
  const write = (text: string): void => void lines.push([(clock() - begun) / 1000, text]);
  const display = startProgress({ isTerminal, write, now: clock });
  const told = () => lines.splice(0).map(([second, text]) => [second, text.split(':')[0]]);
  return { display, lines, told };
}

describe('when nothing moves', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('it is told after 30 seconds, and each time that the wait has doubled, also before a phase', () => {
    const { told } = startTimed();
    wait(250);
    expect(told()).toEqual([30, 60, 120, 240].map((second) => [second, 'still waiting']));
  });

  test('whatever is told of begins the wait anew', () => {
    const { display, told } = startTimed();
    display.show({ kind: 'phase', phase: 'load' });
    for (let parts = 0; parts < 5; parts += 1) {
      wait(29);
      display.show({ kind: 'bytes', bytes: 1 });
    }
    expect(told()).toEqual([]);
    wait(70);
    expect(told().map(([second]) => second)).toEqual([175, 205]);
    display.show({ kind: 'bytes', bytes: 1 });
    wait(30);
    expect(told().map(([second]) => second)).toEqual([245]);
  });

  test('it is told above the line of a terminal, with the phase', () => {
    const { display, lines } = startTimed(true);
    display.show({ kind: 'phase', phase: 'load' });
    lines.length = 0;
    wait(30);
    expect(lines.map(([, text]) => text)).toEqual([
      '\r\u001B[Kstill waiting: nothing has moved for 30s (loading); Ctrl-C stops\n',
      '\r\u001B[Kloading  …',
    ]);
  });

  test('nothing is told while a person is asked, nor after the end', async () => {
    const { display, told } = startTimed();
    const asked = display.whileAsking(async () => {
      wait(100);
      return 'secret';
    });
    expect(await asked).toBe('secret');
    expect(told()).toEqual([]);
    wait(30);
    expect(told()).toEqual([[130, 'still waiting']]);
    display.end();
    display.show({ kind: 'bytes', bytes: 1 });
    wait(100);
    expect([told(), vi.getTimerCount()]).toEqual([[], 0]);
  });
});
