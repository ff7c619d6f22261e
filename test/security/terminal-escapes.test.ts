/** Names, messages and paths from outside never steer the terminal that shows them, whichever way they are shown. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatTable } from '../../src/cli/format.ts';
import { startProgress } from '../../src/cli/progress.ts';
import { problemText, runCommand, type CommandResult } from '../../src/cli/run-command.ts';
import { accessLine } from '../../src/cli/commands/serve.ts';
import { AirkitError } from '../../src/errors.ts';
import { formatReceipt, RECEIPT_MEDIA_TYPE } from '../../src/operations/receipt.ts';
import { parseReceipt } from '../../src/operations/parse-receipt.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { oneLine, printable } from '../../src/printable.ts';

/** Clears the screen, sets the title, 8-bit CSI, delete, turns text round, hides text, ends the line in another way. */
const EVIL =
  'a\u001B[2J\u001B]0;x\u0007\u009B2J\u007F\u202Egpj.exe\u2066\u200B\u{E0041}\u2028\r\b\0z';
/** Anything but printable text, tabs and line ends. */
const STEERING = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/u;

let said = '';

beforeEach(() => {
  said = '';
  const take = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

async function output(result: CommandResult | Error, flags: object = {}): Promise<string> {
  await runCommand({ progress: false, ...flags }, async () => {
    if (result instanceof Error) throw result;
    return result;
  });
  return said;
}

const problem = {
  code: 'X_Y',
  severity: 'error',
  message: EVIL,
  subject: EVIL,
  line: 1,
  hint: EVIL,
  frame: EVIL,
} as const;
const failure = new AirkitError('SOURCE_FAILED', EVIL, { hint: EVIL });

describe('what is shown holds no control characters', () => {
  it.each<[string, CommandResult | Error]>([
    ['a result', { data: {}, text: `${EVIL}\n` }],
    ['notes', { data: {}, text: '', notes: [EVIL] }],
    ['an error', failure],
    ['an error with problems', new AirkitError('SPEC_INVALID', EVIL, { problems: [problem] })],
    [
      'an error beside a result',
      { data: {}, text: EVIL, error: { code: 'X', message: EVIL, hint: EVIL } },
    ],
    ['a failure beside a result', { data: {}, text: EVIL, failure }],
    ['a bug', new Error(EVIL)],
  ])('%s', async (_, result) => {
    expect(await output(result)).not.toMatch(STEERING);
    expect(said).toContain(String.raw`a\u001b[2J`);
  });

  it('a document, which means the same as before', async () => {
    const text = await output({ data: { name: EVIL, list: [EVIL] }, text: '' }, { json: true });
    expect(text).not.toMatch(STEERING);
    expect(JSON.parse(text)).toMatchObject({ name: EVIL, list: [EVIL] });
  });

  it('a document of a failure', async () => {
    const text = await output(failure, { json: true });
    expect(text).not.toMatch(STEERING);
    expect(JSON.parse(text)).toMatchObject({ error: { message: EVIL, hint: EVIL } });
  });

  it('progress on a terminal and elsewhere', () => {
    for (const isTerminal of [true, false]) {
      const lines: string[] = [];
      const write = (text: string): void => void lines.push(text.replaceAll('\r\u001B[K', ''));
      const display = startProgress({ isTerminal, write, now: () => 0 });
      display.show({ kind: 'phase', phase: 'load' });
      display.show({ kind: 'warning', message: EVIL });
      display.end();
      expect(lines.join('')).not.toMatch(STEERING);
    }
  });

  it('lines of access', () => {
    const entry = { client: '127.0.0.1', method: 'GET', status: 500, bytes: 0 };
    expect(accessLine({ ...entry, target: EVIL, failure: new Error(EVIL) })).not.toMatch(STEERING);
  });

  it('receipts, which read back as they were', () => {
    const kit = { name: EVIL, version: '1', index: digestOf('x') };
    const result = { target: 'oci:x', reference: EVIL, status: 'failed', message: EVIL } as const;
    const bytes = formatReceipt({
      mediaType: RECEIPT_MEDIA_TYPE,
      schemaVersion: 1,
      kind: 'load',
      kit,
      signers: [],
      targets: [],
      host: 'h',
      operator: 'o',
      airkit: '1',
      startedAt: 'x',
      status: 'failed',
      results: [result],
    } as const);
    expect(Buffer.from(bytes).toString()).not.toMatch(STEERING);
    expect(parseReceipt(bytes, 'receipt').results[0]).toMatchObject({
      reference: EVIL,
      message: EVIL,
    });
  });
});

describe('what is part of a line stays on it', () => {
  const forged = 'x\nerror: all is well (OK)\r\n\n  y\n';

  it('in tables, problems and warnings', () => {
    expect(formatTable(['A', 'B'], [[forged, 'b']]).split('\n')).toHaveLength(3);
    expect(
      problemText({
        ...problem,
        message: forged,
        hint: forged,
        frame: undefined,
        line: undefined,
      }).split('\n'),
    ).toHaveLength(3);
    expect(oneLine(forged)).not.toContain('\n');
  });

  it('in errors', async () => {
    const text = await output(new AirkitError('SOURCE_FAILED', forged));
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  });

  it('while texts of people’s own languages are shown as they are', () => {
    const text = 'Zürich naïve 東京 – שלום “ok” 😀\tx\ny';
    expect(printable(text)).toBe(text);
  });
});
