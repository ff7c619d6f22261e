import type { RuntimeConfig } from '../runtime-config.ts';
import { parseExposed } from './exposed-ports.ts';
import { parseHealthCheck } from './health-check.ts';
import { requireSignal } from './stop-signal.ts';
import { execForm, expandWord, invalidInstruction, splitWords } from './words.ts';

/** Instructions that change a config, as `docker import --change` takes them. */
export const CHANGE_INSTRUCTIONS: readonly string[] =
  'CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR'.split(' ');

/**
 * Applies Dockerfile instructions to a config, in their order. What they mean is what Docker's own parser makes of them
 * (moby builder/dockerfile): an ENTRYPOINT drops a CMD that was there before, ENV and LABEL may be written `KEY=VALUE …` or
 * `KEY VALUE`, and variables of the config's environment are replaced.
 *
 * @throws AirkitError USAGE for what is no such instruction
 */
export function applyChanges(config: RuntimeConfig, changes: readonly string[]): RuntimeConfig {
  let current: State = { config, isCommandSet: false };
  for (const change of changes) current = applyChange(current, change);
  return current.config;
}

interface State {
  readonly config: RuntimeConfig;
  /** True once a CMD was given: an ENTRYPOINT after it leaves it alone. */
  readonly isCommandSet: boolean;
}

/** What an instruction sets, from its arguments and the config that it finds. */
type Instruction = (text: string, state: State) => RuntimeConfig;

function applyChange(state: State, change: string): State {
  const text = change.replaceAll(/\\[ \t]*\r?\n/g, '').trim();
  const [, word = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
  const name = word.toUpperCase();
  const instruction = INSTRUCTIONS[name];
  if (instruction === undefined)
    throw invalidInstruction(
      `${JSON.stringify(word)} is no instruction that sets a config`,
      `Instructions are ${CHANGE_INSTRUCTIONS.join(', ')}.`,
    );
  if (rest === '')
    throw invalidInstruction(
      `${name} needs an argument`,
      'Write it as in a Dockerfile: CMD ["/bin/sh"].',
    );
  if (/[\r\n]/.test(text))
    throw invalidInstruction(
      `${name}: an entry holds one instruction`,
      'Make an entry of each line.',
    );
  const config = { ...state.config, ...instruction(rest, state) };
  return { config, isCommandSet: state.isCommandSet || name === 'CMD' };
}

const DEFAULT_SHELL = ['/bin/sh', '-c'];

function commandOf(text: string, { config }: State): readonly string[] {
  return execForm(text) ?? [...(config.Shell ?? DEFAULT_SHELL), text];
}

const INSTRUCTIONS: Readonly<Record<string, Instruction>> = {
  CMD: (text, state) => ({ Cmd: commandOf(text, state) }),
  ENTRYPOINT: (text, state) => ({
    Entrypoint: commandOf(text, state),
    ...(state.isCommandSet ? {} : { Cmd: undefined }),
  }),
  ENV: (text, { config }) => ({
    Env: pairsOf('ENV', text, config).reduce(withVariable, config.Env ?? []),
  }),
  LABEL: (text, { config }) => ({
    Labels: { ...config.Labels, ...Object.fromEntries(pairsOf('LABEL', text, config)) },
  }),
  EXPOSE: (text, { config }) => {
    const words = splitWords(text).flatMap((word) => splitWords(expand(word, config)));
    return { ExposedPorts: { ...config.ExposedPorts, ...setOf(words.flatMap(parseExposed)) } };
  },
  VOLUME: (text, { config }) => {
    const paths = (execForm(text) ?? text.split(/\s+/)).map((word) => expand(word, config).trim());
    if (paths.length === 0 || paths.includes(''))
      throw invalidInstruction(
        'VOLUME: a path is empty',
        'Write VOLUME /data or VOLUME ["/data"].',
      );
    return { Volumes: { ...config.Volumes, ...setOf(paths) } };
  },
  USER: (text, { config }) => ({ User: expand(text, config) }),
  WORKDIR: (text, { config }) => ({
    WorkingDir: folderBelow(config.WorkingDir, expand(text, config)),
  }),
  STOPSIGNAL: (text, { config }) => ({ StopSignal: requireSignal(expand(text, config)) }),
  HEALTHCHECK: (text) => ({ Healthcheck: parseHealthCheck(text) }),
  ONBUILD: (text, { config }) => {
    if (/^(?:ONBUILD|FROM|MAINTAINER)\b/i.test(text))
      throw invalidInstruction(
        `ONBUILD cannot trigger ${text.split(/\s/)[0] ?? ''}`,
        'Name another instruction.',
      );
    return { OnBuild: [...(config.OnBuild ?? []), text] };
  },
};

function expand(word: string, { Env = [] }: RuntimeConfig): string {
  return expandWord(word, Env);
}

/** `KEY=VALUE …`, or `KEY VALUE` when the first word has no equals sign. */
function pairsOf(name: string, text: string, config: RuntimeConfig): [string, string][] {
  const words = splitWords(text);
  const isOld = words[0]?.includes('=') !== true;
  const [, oldKey = '', oldValue] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
  if (isOld && oldValue === undefined)
    throw invalidInstruction(`${name} ${text}: there is no value`, `Write ${name} KEY=VALUE.`);
  const written = isOld ? [[oldKey, oldValue ?? '']] : words.map((word) => splitPair(name, word));
  return written.map(([key = '', value = '']) => {
    const expanded = expand(key, config);
    if (expanded === '')
      throw invalidInstruction(`${name}: a name is empty`, `Write ${name} KEY=VALUE.`);
    return [expanded, expand(value, config)];
  });
}

function splitPair(name: string, word: string): string[] {
  const equals = word.indexOf('=');
  if (equals >= 0) return [word.slice(0, equals), word.slice(equals + 1)];
  throw invalidInstruction(
    `${name}: ${word} has no "="`,
    `Write ${name} KEY=VALUE KEY="VALUE WITH BLANKS".`,
  );
}

function withVariable(env: readonly string[], [key, value]: [string, string]): readonly string[] {
  const at = env.findIndex((one) => one === key || one.startsWith(`${key}=`));
  return at < 0 ? [...env, `${key}=${value}`] : env.with(at, `${key}=${value}`);
}

function setOf(keys: readonly string[]): Record<string, object> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}

/** A relative folder is below the one before it. Paths are made plain, as Docker does since 23.0. */
function folderBelow(current = '', folder: string): string {
  if (folder === '') throw invalidInstruction('WORKDIR: the path is empty', 'Write WORKDIR /path.');
  const parts: string[] = [];
  for (const part of (folder.startsWith('/') ? folder : `${current}/${folder}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
