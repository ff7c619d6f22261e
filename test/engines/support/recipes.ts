/** Commands as documentation shows them, run by a shell that finds docker, airkit and ssh in front of test engines. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type Outcome } from '../../support/engines/command.ts';
import type { SshServer } from '../../support/engines/ssh.ts';
import { guardEnvironment } from '../../support/network-guard.ts';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** One row of a table of recipes. */
export interface Recipe {
  readonly today: string;
  readonly airkit: string;
}

/** Every row with two commands in the tables of a Markdown file. */
export async function readRecipes(path: string): Promise<Recipe[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const [, today, airkit] = /^\| `(.*?)` \| `(.*?)` \| /.exec(line) ?? [];
    if (today === undefined || airkit === undefined) return [];
    return [{ today: unescaped(today), airkit: unescaped(airkit) }];
  });
}

/** Writes the YAML files that a Markdown file shows; the comment in their first line names them. */
export async function writeShownFiles(document: string, folder: string): Promise<void> {
  const text = await readFile(document, 'utf8');
  for (const [, name = '', body = ''] of text.matchAll(/```yaml\n# (\S+)\n([^`]*)```/g))
    await writeFile(join(folder, name), body);
}

/** A bar in a table is written with a backslash. */
function unescaped(cell: string): string {
  return cell.replaceAll(String.raw`\|`, '|');
}

/** A shell on one machine. */
export interface Shell {
  readonly folder: string;
  sh(script: string): Promise<Outcome>;
}

/**
 * A shell whose `docker` and `airkit` mean one engine, and whose `ssh ANYBODY@ANYWHERE` means one server. Receipts stay in its
 * folder; `pv` only passes on where it is not installed.
 */
export async function openShell(
  folder: string,
  { host, server }: { readonly host: string; readonly server?: SshServer },
): Promise<Shell> {
  const tools = join(folder, 'tools');
  await mkdir(tools, { recursive: true });
  const receipts = `case $1 in load|send) set -- "$@" --receipt '${folder}/receipt.json';; esac`;
  await script(join(tools, 'airkit'), `${receipts}\nexec '${process.execPath}' '${MAIN}' "$@"`);
  await script(join(tools, 'pv'), 'exec cat');
  if (server !== undefined) {
    const [account = '', port = ''] = server.address.split(':');
    const [user = '', machine = ''] = account.split('@');
    const flags = `-o HostName=${machine} -o Port=${port} -o User=${user}`;
    await script(join(tools, 'ssh'), `exec '${server.path}/ssh' ${flags} "$@"`);
  }
  const env = {
    PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${tools}`,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_STATE_HOME: join(folder, 'state'),
    DOCKER_HOST: host,
    DOCKER_CONFIG: join(folder, 'docker'),
    NO_COLOR: '1',
    ...guardEnvironment(),
  };
  const prefix = `cd '${folder}' && PATH='${tools}':"$PATH" &&`;
  return {
    folder,
    sh: async (text) => run({ file: 'sh', args: ['-c', `${prefix} ${text}`], env }),
  };
}

async function script(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}
