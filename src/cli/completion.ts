import type { Command, Option } from 'commander';

/** Shells for which {@link completionScript} writes. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What may follow one command. */
interface Completions {
  /** `pack`, `cache list`. */
  readonly command: string;
  readonly description: string;
  readonly subcommands: readonly string[];
  readonly options: readonly OptionCompletion[];
}

interface OptionCompletion {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** A script that teaches a shell the commands and options of a program; where a value is wanted, it offers files. */
export function completionScript(program: Command, shell: Shell): string {
  const all = completionsOf(program);
  return WRITERS[shell](all);
}

const WRITERS: Readonly<Record<Shell, (all: readonly Completions[]) => string>> = {
  bash: bashScript,
  zsh: (all) => `#compdef airkit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(all)}`,
  fish: fishScript,
};

function completionsOf(program: Command): Completions[] {
  const own = program.commands.map((command) => describe(command, command.name()));
  const below = program.commands.flatMap((command) =>
    command.commands.map((child) => describe(child, `${command.name()} ${child.name()}`)),
  );
  return [describe(program, ''), ...own, ...below];
}

const HELP: OptionCompletion = {
  flags: ['--help'],
  description: 'show help',
  takesValue: false,
  choices: [],
};
function describe(command: Command, name: string): Completions {
  return {
    command: name,
    description: command.description(),
    subcommands: command.commands.map((child) => child.name()),
    options: [...command.options.map(describeOption), HELP],
  };
}

function describeOption(option: Option): OptionCompletion {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  return {
    flags,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

function bashScript(all: readonly Completions[]): string {
  const cases = all.map(({ command, subcommands, options }) => {
    const words = [...subcommands, ...options.flatMap(({ flags }) => flags)].join('\n');
    return `    ${quoted(command)}) words=${quoted(words)} ;;\n`;
  });
  const values = all.flatMap(({ command, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags, choices }) =>
        flags.map(
          (flag) =>
            `    ${quoted(`${command} ${flag}`)}) values=${quoted(choices.join('\n'))} ;;\n`,
        ),
      ),
  );
  const groups = all.filter(({ command, subcommands }) => command !== '' && subcommands.length > 0);
  const group = groups.map(({ command }) => command).join('|');
  return `# bash completion for airkit
_airkit() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command='' words='' values=none takes=files IFS=$'\\n'
  ((COMP_CWORD > 1)) && command=\${COMP_WORDS[1]}
  case $command in
    '') takes=words ;;
    ${group}) if ((COMP_CWORD > 2)); then command+=" \${COMP_WORDS[2]}"; else takes=words; fi ;;
  esac
  case "$command $previous" in
${values.join('')}  esac
  if [[ -n $values && $values != none ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
  elif [[ -z $values ]] || [[ $takes == files && $current != -* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  else
    case $command in
${cases.join('')}    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o filenames -F _airkit airkit
`;
}

function fishScript(all: readonly Completions[]): string {
  const commands = all.filter(({ command }) => command !== '');
  return commands.map((one) => fishCommand(one)).join('');
}

function fishCommand({ command, description, options }: Completions): string {
  const [first = '', second] = command.split(' ');
  const seen = `__fish_seen_subcommand_from ${first}`;
  const condition = second === undefined ? '__fish_use_subcommand' : quoted(seen);
  const name = `complete -c airkit -n ${condition} -a ${second ?? first} -d ${quoted(description)}`;
  const lines = [name, ...options.map((option) => fishOption(option, seen))];
  return lines.map((line) => `${line}\n`).join('');
}

function fishOption(
  { flags, description, takesValue, choices }: OptionCompletion,
  seen: string,
): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const value = takesValue ? ' -r' : '';
  const words = choices.length === 0 ? '' : ` -x -a ${quoted(choices.join(' '))}`;
  return `complete -c airkit -n ${quoted(seen)} ${names.join(' ')}${value}${words} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
