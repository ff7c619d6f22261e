/** `changes`, line by line: what `docker import --change` of a real engine takes and refuses, and what it makes of it. */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { AirkitError } from '../../src/errors.ts';
import { applyChanges } from '../../src/oci/dockerfile/change.ts';
import { tarOf } from '../support/image-builder.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { inspectImage, said } from './support/containers.ts';

const ROWS: readonly (readonly string[])[] = [
  ['CMD ["/bin/sh"]'],
  ['CMD ["/bin/sh", "-c", "echo \\"a b\\" \\u0041"]'],
  ['CMD [ ]'],
  ["CMD ['/bin/sh']"],
  ['CMD ["/bin/sh" "-c"]'],
  ['CMD ["/bin/sh", 1]'],
  ['cmd echo   two  blanks # no comment'],
  ['CMD  "/bin/sh"  '],
  ['CMD'],
  ['ENTRYPOINT ["/bin/sh"]', 'CMD ["-c", "true"]'],
  ['CMD ["-c", "true"]', 'ENTRYPOINT ["/bin/sh"]'],
  ['ENTRYPOINT exec top -b'],
  ['ENTRYPOINT ["a"]', 'ENTRYPOINT ["b"]'],
  ['ENV A=1'],
  ['ENV A=1 B=2 C="three and more" D=\'single $A\' E=x\\ y'],
  ['ENV A one two  three'],
  ['ENV A "quoted value"'],
  ['ENV A=1', 'ENV B=$A C=${A} D=${X:-default} E=${A:+set} F=\\$A G=$$'],
  ['ENV A=1', 'ENV A=2'],
  ['ENV A=1 B=$A'],
  ['ENV A='],
  ['ENV A'],
  ['ENV =1'],
  ['ENV A=1 B'],
  ['ENV A="a\\"b" B=a\\\\b C=tab\\tend'],
  ['LABEL a=b'],
  ['LABEL "long key"="long value" c=d'],
  ['LABEL a b c'],
  ['LABEL a'],
  ['LABEL a="multi\\\nline"'],
  ['EXPOSE 80'],
  ['EXPOSE 80/tcp 53/udp 90/sctp'],
  ['EXPOSE 8000-8003'],
  ['EXPOSE 8000-8001/udp'],
  ['EXPOSE 80/UDP'],
  ['EXPOSE 8003-8000'],
  ['EXPOSE 127.0.0.1:80:81'],
  ['EXPOSE 70000'],
  ['EXPOSE 80/icmp'],
  ['EXPOSE eighty'],
  ['EXPOSE 0'],
  ['VOLUME /data'],
  ['VOLUME /a /b'],
  ['VOLUME ["/a", "/b c"]'],
  ['VOLUME [""]'],
  ['VOLUME []'],
  ['USER 1000:1000'],
  ['USER app'],
  ['USER two words'],
  ['ENV A=app', 'USER $A'],
  ['WORKDIR /srv'],
  ['WORKDIR srv'],
  ['WORKDIR /srv', 'WORKDIR app'],
  ['WORKDIR /a/../b//c/'],
  ['WORKDIR /a', 'WORKDIR ../b/./c'],
  ['WORKDIR "/quoted dir"'],
  ['STOPSIGNAL SIGTERM'],
  ['STOPSIGNAL TERM'],
  ['STOPSIGNAL 9'],
  ['STOPSIGNAL sigkill'],
  ['STOPSIGNAL SIGNONE'],
  ['STOPSIGNAL 99'],
  ['HEALTHCHECK NONE'],
  ['HEALTHCHECK NONE x'],
  ['HEALTHCHECK CMD curl -f http://localhost/ || exit 1'],
  ['HEALTHCHECK CMD ["/bin/check", "-q"]'],
  ['HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=2s --retries=4 CMD ["/bin/check"]'],
  ['HEALTHCHECK --interval=0s CMD true'],
  ['HEALTHCHECK --interval=1us CMD true'],
  ['HEALTHCHECK --interval=soon CMD true'],
  ['HEALTHCHECK --retries=-1 CMD true'],
  ['HEALTHCHECK --retries=0 CMD true'],
  ['HEALTHCHECK --colour=red CMD true'],
  ['HEALTHCHECK CMD'],
  ['HEALTHCHECK true'],
  ['ONBUILD RUN true'],
  ['ONBUILD FROM x'],
  ['RUN true'],
  ['FROM scratch'],
  ['COPY a b'],
  ['ADD a b'],
  ['ARG A=1'],
  ['SHELL ["/bin/bash"]'],
  ['MAINTAINER me'],
  ['NOSUCH x'],
];

/** Mistakes that docker takes for something that nobody means, or lets pass; airkit refuses them. */
const MISTAKES = new Set([
  'CMD ["/bin/sh" "-c"]', // a command that begins with a bracket
  'CMD', // a shell without a command
  'EXPOSE 127.0.0.1:80:81',
  'EXPOSE 0',
  'STOPSIGNAL 99',
]);

/** What docker 20.10 refuses or keeps as it is written, and newer ones do not. */
const CHANGED_SINCE = /^(STOPSIGNAL|WORKDIR \/a\/\.\.|HEALTHCHECK --(interval=0s|retries=0))/;

/** A config, or the word for a refusal. */
function oursOf(changes: readonly string[]): unknown {
  try {
    return said({ ...applyChanges({}, changes) });
  } catch (error) {
    if (error instanceof AirkitError && error.code === 'USAGE') return 'refused';
    throw error;
  }
}

describeWithEngines(['docker', 'newer-docker'], 'changes', () => {
  const folder = useTempFolder();
  const old = useEngine(() => startDocker());
  const newer = useEngine(() => startNewerDocker({ store: 'classic' }));
  let tar: string;

  beforeAll(async () => {
    tar = join(await folder.fresh(), 'root.tar');
    await writeFile(tar, await tarOf([{ name: 'etc/hostname', body: Buffer.from('h') }]));
  });

  test.each([
    ['20.10', old, ROWS.filter(([first = '']) => !CHANGED_SINCE.test(first))],
    ['28', newer, ROWS],
  ])('are what docker %s takes them for, or mistakes', async (_, engine, rows) => {
    const theirs: [readonly string[], unknown][] = [];
    for (const changes of rows) {
      const flags = changes.flatMap((change) => ['--change', change]);
      const { code } = await engine().docker('import', ...flags, tar, 'changed:1');
      const config = code === 0 ? (await inspectImage(engine(), 'changed:1')).Config : undefined;
      const isRefused = config === undefined || MISTAKES.has(changes[0] ?? '');
      theirs.push([changes, isRefused ? 'refused' : said(config)]);
    }
    expect(rows.map((changes) => [changes, oursOf(changes)])).toEqual(theirs);
  });
});
