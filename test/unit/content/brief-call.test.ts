import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers';
import { afterEach, expect, test, vi } from 'vitest';
import { BRIEF_BYTES, callBriefly, readBriefly } from '../../../src/content/brief-call.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
afterEach(() => vi.restoreAllMocks());

async function whereCallsAreMade(count: number): Promise<string[]> {
  const places: string[] = [];
  for (let call = 0; call < count; call += 1) {
    const place = await callBriefly(
      () => 'in place',
      () => 'aside',
    );
    places.push(place);
  }
  return places;
}

test('signals have their turn between calls, however many there are', async () => {
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    if (turns < 3) setImmediate(turn);
  };
  setImmediate(turn);
  await whereCallsAreMade(1000);
  expect(turns).toBe(3);
});

test('after a slow call others are made aside for a while', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const slow = (): string => {
    now += 20;
    throw new Error('slow, and failed');
  };
  expect(await whereCallsAreMade(2)).toEqual(['in place', 'in place']);
  await expect(callBriefly(slow, slow)).rejects.toThrow('failed');
  const places = await whereCallsAreMade(1000);
  expect(places[0]).toBe('aside');
  expect(places.at(-1)).toBe('in place');
});

test('only small regular files are read', async () => {
  const path = await folder.fresh();
  const at = (name: string): string => join(path, name);
  await writeFile(at('small'), 'bytes');
  await writeFile(at('empty'), '');
  await writeFile(at('most'), Buffer.alloc(BRIEF_BYTES));
  await writeFile(at('more'), Buffer.alloc(BRIEF_BYTES + 1));
  await mkdir(at('folder'));
  execFileSync('mkfifo', [at('pipe')]);
  expect(await readBriefly(at('small'))).toEqual(Buffer.from('bytes'));
  expect((await readBriefly(at('empty')))?.byteLength).toBe(0);
  expect((await readBriefly(at('most')))?.byteLength).toBe(BRIEF_BYTES);
  for (const name of ['more', 'folder', 'pipe', 'missing', '../..'])
    expect(await readBriefly(at(name)), name).toBeUndefined();
});
