/** What is compared with `docker import --change` itself is in test/engines/snapshots.test.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAirkitError } from '../../../src/errors.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { applyChanges, CHANGE_INSTRUCTIONS } from '../../../src/oci/dockerfile/change.ts';
import { parseDuration } from '../../../src/oci/dockerfile/health-check.ts';
import { expandWord, splitWords } from '../../../src/oci/dockerfile/words.ts';
import {
  formatFlatConfig,
  parseRuntimeConfig,
  type RuntimeConfig,
} from '../../../src/oci/runtime-config.ts';

describe('instructions that change a config', () => {
  it.each<[string, RuntimeConfig, RuntimeConfig]>([
    ['CMD ["/bin/sh", "-l"]', {}, { Cmd: ['/bin/sh', '-l'] }],
    ['cmd echo "a" b', {}, { Cmd: ['/bin/sh', '-c', 'echo "a" b'] }],
    ['CMD echo', { Shell: ['/bin/ash', '-e'] }, { Cmd: ['/bin/ash', '-e', 'echo'] }],
    ['ENTRYPOINT ["/x"]', { Cmd: ['old'] }, { Entrypoint: ['/x'], Cmd: undefined }],
    ["ENV A=2 B='$A'", { Env: ['A=1', 'Z=0'] }, { Env: ['A=2', 'Z=0', 'B=$A'] }],
    ['ENV PATH=/opt/bin:$PATH', { Env: ['PATH=/bin'] }, { Env: ['PATH=/opt/bin:/bin'] }],
    ['ENV KEY some "quoted" text', {}, { Env: ['KEY=some quoted text'] }],
    [
      'LABEL a=b "c d"=e\\ f',
      { Labels: { a: 'x', z: 'y' } },
      { Labels: { a: 'b', z: 'y', 'c d': 'e f' } },
    ],
    [
      'EXPOSE 80/TCP 53/udp 8-9',
      {},
      { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8/tcp': {}, '9/tcp': {} } },
    ],
    ['VOLUME /a /b', { Volumes: { '/z': {} } }, { Volumes: { '/z': {}, '/a': {}, '/b': {} } }],
    ['WORKDIR ../other', { WorkingDir: '/srv/app' }, { WorkingDir: '/srv/other' }],
    ['USER 1000:$GROUP', { Env: ['GROUP=50'] }, { User: '1000:50' }],
    ['STOPSIGNAL SIGRTMIN+3', {}, { StopSignal: 'SIGRTMIN+3' }],
    ['HEALTHCHECK NONE', {}, { Healthcheck: { Test: ['NONE'] } }],
    [
      'HEALTHCHECK --interval=1m30s --retries=0 CMD ["x"]',
      {},
      { Healthcheck: { Test: ['CMD', 'x'], Interval: 90e9 } },
    ],
    ['ONBUILD RUN x', { OnBuild: ['USER a'] }, { OnBuild: ['USER a', 'RUN x'] }],
    ['CMD one \\\n two', {}, { Cmd: ['/bin/sh', '-c', 'one  two'] }],
  ])('%s', (change, before, changed) => {
    expect(applyChanges(before, [change])).toEqual({ ...before, ...changed });
  });

  it('an ENTRYPOINT keeps a CMD that was given before it', () => {
    const { Cmd } = applyChanges({ Cmd: ['old'] }, ['CMD ["new"]', 'ENTRYPOINT ["/x"]']);
    expect(Cmd).toEqual(['new']);
  });

  it.each([
    'RUN make',
    'FROM scratch',
    'ENV',
    'ENV A',
    'ENV A=1 B',
    'ENV =x',
    'ENV A="open',
    'ENV A=${B:?gone}',
    'ENV A=${B',
    'CMD ["a", 1]',
    'CMD ["a"',
    'CMD ["a"] # shell',
    'EXPOSE 0',
    'EXPOSE 70000',
    'EXPOSE 9-8',
    'EXPOSE web',
    'VOLUME [""]',
    'STOPSIGNAL SIGNOPE',
    'STOPSIGNAL 65',
    'HEALTHCHECK CMD',
    'HEALTHCHECK CMD []',
    'HEALTHCHECK NONE now',
    'HEALTHCHECK --every=3s CMD x',
    'HEALTHCHECK --interval=3 CMD x',
    'HEALTHCHECK --interval=1us CMD x',
    'ONBUILD FROM x',
    'USER a\nUSER b',
  ])('refuses %j', (change) => {
    expect(() => applyChanges({}, [change])).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('never fail in another way, whatever the text', () => {
    const words = fc.constantFrom(...CHANGE_INSTRUCTIONS);
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('"', "'", '\\', '$', '{', '}', ':', '-', '[', ' ', '=', 'a'),
      }),
    );
    fc.assert(
      fc.property(words, texts, (word, text) => {
        try {
          applyChanges({ Env: ['a=b'] }, [`${word} ${text}`]);
        } catch (error) {
          expect(isAirkitError(error, 'USAGE')).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const expand = (word: string): string => expandWord(word, ['A=1', 'EMPTY=', 'AB=2']);

describe('words', () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 1 });

  it('in single quotes mean what they say', () => {
    fc.assert(
      fc.property(
        texts.filter((text) => !text.includes("'")),
        (text) => {
          const quoted = `'${text}'`;
          expect(splitWords(`${quoted} next`)).toEqual([quoted, 'next']);
          expect(expandWord(quoted, [])).toBe(text);
        },
      ),
    );
  });

  it('with every special character escaped mean what they say, in and without double quotes', () => {
    fc.assert(
      fc.property(
        texts.filter((text) => !/[\n\r\u2028\u2029]/.test(text)),
        (text) => {
          const quoted = `"${text.replaceAll(/["$\\]/g, String.raw`\$&`)}"`;
          expect(splitWords(quoted)).toEqual([quoted]);
          expect(expandWord(quoted, [])).toBe(text);
          const bare = text.replaceAll(/[\s"'$\\]/g, String.raw`\$&`);
          expect(splitWords(bare)).toEqual([bare]);
          expect(expandWord(bare, [])).toBe(text);
        },
      ),
    );
  });

  it('take variables from the environment', () => {
    expect(expand('$A$AB${A}B-$none')).toBe('121B-');
    expect(expand('${EMPTY:-$A}${A:+set}${EMPTY:+set}')).toBe('1set');
    expect(expand(String.raw`\$A "\$A" "$A" '$A'`)).toBe('$A $A 1 $A');
  });
});

it('durations are in nanoseconds', () => {
  expect(['0', '0s', '1.5s', '1h2m3s', '1500us'].map(parseDuration)).toEqual([
    0, 0, 15e8, 3723e9, 15e5,
  ]);
});

describe('the config of a flattened image', () => {
  const diffId = digestOf('layer');
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };

  it('has one layer, no history, no time of its own, and nothing that says nothing', () => {
    const runtime = parseRuntimeConfig(
      {
        Hostname: 'abc',
        Env: ['A=1'],
        Cmd: null,
        Entrypoint: [],
        Labels: {},
        User: '',
        Healthcheck: { Test: ['NONE'], Interval: 0 },
      },
      'Config',
    );
    expect(JSON.parse(formatFlatConfig({ platform, runtime, diffId }).toString())).toEqual({
      ...platform,
      config: { Env: ['A=1'], Healthcheck: { Test: ['NONE'] } },
      rootfs: { type: 'layers', diff_ids: [diffId] },
    });
  });

  it.each([[{ Env: 'A=1' }], [{ Labels: { a: 1 } }], [{ Cmd: ['x', 2] }], [null]])(
    'refuses what an engine never says: %j',
    (config) => {
      expect(() => parseRuntimeConfig(config, 'Config')).toThrow(
        expect.objectContaining({ code: 'CONTENT_INVALID' }),
      );
    },
  );
});
