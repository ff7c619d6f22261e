import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal, readJournal } from '../../../src/archive/journal.ts';
import { openPartialKit, requireFreeOutput } from '../../../src/archive/kit-folder.ts';
import { formatSums, parseSums, sumFile } from '../../../src/archive/sums.ts';
import { digestOf, hexOf } from '../../../src/oci/digest.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
const invalid = expect.objectContaining({ code: 'CONTENT_INVALID' });
const sum = hexOf(digestOf('x'));

describe('SHA256SUMS', () => {
  it('is sorted, as sha256sum writes it, and read back', () => {
    const bytes = formatSums([
      { name: 'b.txt', sha256: sum },
      { name: 'a.tar', sha256: sum },
    ]);
    expect(Buffer.from(bytes).toString()).toBe(`${sum}  a.tar\n${sum}  b.txt\n`);
    expect(parseSums(bytes).map(({ name }) => name)).toEqual(['a.tar', 'b.txt']);
    expect(parseSums(new Uint8Array())).toEqual([]);
  });

  it.each([
    ['a last line that is cut off', `${sum}  a`],
    ['a name with a folder', `${sum}  ../a\n`],
    ['an absolute name', `${sum}  /etc/passwd\n`],
    ['a hidden name', `${sum}  .ssh\n`],
    ['an escaped name', `\\${sum}  a\\nb\n`],
    ['the mark of binary mode', `${sum} *a\n`],
    ['a short sum', `${sum.slice(1)}  a\n`],
    ['upper case', `${sum.toUpperCase()}  a\n`],
    ['an empty line', `\n${sum}  a\n`],
    ['a carriage return', `${sum}  a\r\n`],
    ['a name twice', `${sum}  a\n${sum}  a\n`],
  ])('is refused with %s', (_, text) => {
    expect(() => parseSums(Buffer.from(text))).toThrow(invalid);
  });

  it('sums a file as it is on disk', async () => {
    const path = join(await folder.fresh(), 'x');
    await writeFile(path, 'x');
    expect(await sumFile(path)).toBe(sum);
    await expect(sumFile(`${path}.missing`)).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });
});

describe('the journal', () => {
  const [one, two] = [digestOf('one'), digestOf('two')];

  it('remembers what is in place, for the same plan only', async () => {
    const path = join(await folder.fresh(), 'journal');
    const first = await openJournal(path, digestOf('plan'));
    expect(first.isResumed).toBe(false);
    await first.record(one);
    expect([first.has(one), first.has(two)]).toEqual([true, false]);
    const again = await openJournal(path, digestOf('plan'));
    expect([again.isResumed, again.has(one), again.has(two)]).toEqual([true, true, false]);
    const other = await openJournal(path, digestOf('other plan'));
    expect([other.isResumed, other.has(one)]).toEqual([false, false]);
  });

  it('remembers all that is put in place at once', async () => {
    const path = join(await folder.fresh(), 'journal');
    const journal = await openJournal(path, 'plan');
    const digests = Array.from({ length: 50 }, (_, position) => digestOf(String(position)));
    await Promise.all(digests.map(async (digest) => journal.record(digest)));
    expect((await readJournal(path)).digests).toEqual(digests);
  });

  it('ignores a line that was cut off', async () => {
    const path = join(await folder.fresh(), 'journal');
    await writeFile(path, `${digestOf('plan')}\n${one}\n${two.slice(0, 30)}`);
    const journal = await openJournal(path, digestOf('plan'));
    expect([journal.has(one), journal.has(two)]).toEqual([true, false]);
    await journal.record(two);
    expect((await openJournal(path, digestOf('plan'))).has(two)).toBe(true);
  });
});

describe('the kit folder', () => {
  const pid = process.pid;

  it('gets its name when it is finished, without lock and journal', async () => {
    const final = join(await folder.fresh(), 'kit');
    const partial = await openPartialKit(final, { pid });
    const files = ['SHA256SUMS', 'bundle.json', 'bundle.tar', 'images.txt', 'load.sh'];
    for (const name of files) await writeFile(join(partial.folder, name), '{}');
    await writeFile(partial.journalPath, 'x');
    await partial.finish();
    expect((await readdir(final)).toSorted()).toEqual(files);
    await expect(requireFreeOutput(final, { force: false })).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
    await expect(requireFreeOutput(final, { force: true })).resolves.toBeUndefined();
  });

  it('replaces an old kit whole', async () => {
    const final = join(await folder.fresh(), 'kit');
    await mkdir(final);
    await writeFile(join(final, 'old'), 'x');
    const partial = await openPartialKit(final, { pid, replaces: true });
    await writeFile(join(partial.folder, 'new'), 'y');
    await partial.finish();
    expect(await readdir(final)).toEqual(['new']);
    expect(await readFile(join(final, 'new'), 'utf8')).toBe('y');
  });

  it('is never a folder that is no kit, not even by force', async () => {
    await expect(requireFreeOutput(await folder.fresh(), { force: true })).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    });
  });

  it('has no lock in it at any moment, and none beside it in the end', async () => {
    const place = await folder.fresh();
    const partial = await openPartialKit(join(place, 'kit'), { pid });
    expect(await readdir(partial.folder)).toEqual([]);
    expect(await readdir(place)).toEqual(['kit.partial', 'kit.partial.lock']);
    await partial.finish();
    expect(await readdir(place)).toEqual(['kit']);
  });

  it('of a run that was killed when it had its name leaves a lock beside it to the next', async () => {
    const place = await folder.fresh();
    const [final, lock] = [join(place, 'kit'), join(place, 'kit.partial.lock')];
    await mkdir(final);
    for (const name of ['SHA256SUMS', 'bundle.json', 'bundle.tar', 'images.txt', 'load.sh'])
      await writeFile(join(final, name), '{}');
    const taken = { code: 'OUTPUT_EXISTS' };
    await writeFile(lock, '4194304999 5');
    await expect(requireFreeOutput(final, { force: false })).rejects.toMatchObject(taken);
    expect(await readdir(place)).toEqual(['kit']);
    await expect(openPartialKit(final, { pid })).rejects.toMatchObject(taken);
    expect(await readdir(place)).toEqual(['kit']);
  });

  it('is discarded but for what an earlier run left', async () => {
    const place = await folder.fresh();
    const final = join(place, 'kit');
    const first = await openPartialKit(final, { pid });
    await writeFile(first.journalPath, 'x');
    await first.release();
    await (await openPartialKit(final, { pid })).discard();
    expect(await readdir(place)).toEqual(['kit.partial']);
    const other = await openPartialKit(join(place, 'other'), { pid });
    await writeFile(other.journalPath, 'x');
    await other.discard();
    expect(await readdir(place)).toEqual(['kit.partial']);
  });

  it('does not take a name that something else got meanwhile', async () => {
    const makers: readonly ((path: string) => Promise<unknown>)[] = [
      async (path) => mkdir(join(path, 'x'), { recursive: true }),
      async (path) => writeFile(path, 'x'),
      async (path) => symlink('nowhere', path),
    ];
    for (const make of makers) {
      const final = join(await folder.fresh(), 'kit');
      const partial = await openPartialKit(final, { pid });
      await make(final);
      await expect(partial.finish()).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
      await partial.release();
      expect(await readdir(partial.folder)).toEqual([]);
    }
  });

  it('takes a lock over that is none, such as a pipe that never ends', async () => {
    const final = join(await folder.fresh(), 'kit');
    spawnSync('mkfifo', [`${final}.partial.lock`]);
    await (await openPartialKit(final, { pid })).release();
  });

  it('is written by one process at a time, and taken over from one that is gone', async () => {
    const final = join(await folder.fresh(), 'kit');
    const partial = await openPartialKit(final, { pid });
    await expect(openPartialKit(final, { pid })).rejects.toMatchObject({ code: 'OUTPUT_BUSY' });
    await partial.release();
    await writeFile(`${partial.folder}.lock`, `${pid} 1`);
    const next = await openPartialKit(final, { pid });
    await next.release();
    await writeFile(`${partial.folder}.lock`, '4194304999 5');
    await (await openPartialKit(final, { pid })).release();
  });

  it('is known by the number of a process alone where the system does not tell its start', async () => {
    const final = join(await folder.fresh(), 'kit');
    await writeFile(`${final}.partial.lock`, String(pid));
    await expect(openPartialKit(final, { pid })).rejects.toMatchObject({ code: 'OUTPUT_BUSY' });
    await writeFile(`${final}.partial.lock`, '4194304999');
    await (await openPartialKit(final, { pid })).release();
  });
});
