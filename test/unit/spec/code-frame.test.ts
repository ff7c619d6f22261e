import { describe, expect, test } from 'vitest';
import { codeFrame, frameLines } from '../../../src/spec/code-frame.ts';
import { didYouMean, editDistance } from '../../../src/spec/did-you-mean.ts';

describe('codeFrame', () => {
  test('shows a line before and after, and marks the place', () => {
    const lines = frameLines('a: 1\r\nb: two\r\nc: 3\r\nd: 4');
    expect(codeFrame(lines, { line: 2, column: 4, length: 3 })).toBe(
      ['  1 | a: 1', '  2 | b: two', '    |    ^~~', '  3 | c: 3'].join('\n'),
    );
  });

  test('keeps to the line, keeps tabs, and makes control characters visible', () => {
    const lines = frameLines('\ta\u001b[31m');
    expect(codeFrame(lines, { line: 1, column: 2, length: 99 })).toBe(
      ['  1 | \ta\uFFFD[31m', '    | \t^~~~~~'].join('\n'),
    );
  });

  test('cuts long lines around the place', () => {
    const frame = codeFrame(frameLines(`${'x'.repeat(500)}HERE${'y'.repeat(500)}`), {
      line: 1,
      column: 501,
      length: 4,
    });
    expect(frame).toContain('HERE');
    expect(Math.max(...frame.split('\n').map((line) => line.length))).toBeLessThan(140);
  });
});

describe('didYouMean', () => {
  test.each([
    ['platfrom', 'platforms'],
    ['INCLUDE', 'include'],
    ['nothing-like-it', undefined],
    ['', undefined],
  ])('%s', (word, expected) => {
    expect(didYouMean(word, ['include', 'platforms', 'as'])).toBe(expected);
  });

  test('counts edits', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });
});
