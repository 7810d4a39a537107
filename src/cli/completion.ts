/** Scripts by which a shell completes the command line. They hold all words there are: completing runs no process. */
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Word {
  word: string;
  description: string;
}

/** One command: `path` is `""` for the first, `" session list"` for one further down. */
interface Place {
  path: string;
  commands: Word[];
  options: Word[];
}

export function completionFor(shell: Shell, program: Command): string {
  const places = placesOf(program, '');
  return { bash, zsh, fish }[shell](places);
}

function placesOf(command: Command, path: string): Place[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((sub) => sub.name() !== 'help');
  const options = help.visibleOptions(command).flatMap(({ long, description }) => (long ? [{ word: long, description }] : []));
  const commands = below.map((sub) => ({ word: sub.name(), description: sub.description() }));
  return [{ path, commands, options }, ...below.flatMap((sub) => placesOf(sub, `${path} ${sub.name()}`))];
}

/** In single quotes of any of the three shells; fish knows `\'` in them, the others end and begin them again. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;
const below = (places: readonly Place[], between: string): string =>
  places
    .slice(1)
    .map(({ path }) => quoted(path))
    .join(between);
const wordsOf = ({ commands, options }: Place): Word[] => [...commands, ...options];

const bash = (places: readonly Place[]): string => `# eval "$(hookline completion bash)" in ~/.bashrc
_hookline() {
  local at='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${below(places, '|')}) at="$at $word" ;;
    esac
  done
  case "$at" in
${places
  .map(
    (place) =>
      `    ${quoted(place.path)}) words=${quoted(
        wordsOf(place)
          .map(({ word }) => word)
          .join(' '),
      )} ;;\n`,
  )
  .join('')}  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _hookline hookline
`;

const zsh = (places: readonly Place[]): string => `#compdef hookline
# eval "$(hookline completion zsh)" in ~/.zshrc, after compinit
_hookline() {
  local at='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      (${below(places, '|')}) at="$at $word" ;;
    esac
  done
  case "$at" in
${places
  .map(
    (place) =>
      `    (${quoted(place.path)}) found=(${wordsOf(place)
        .map(({ word, description }) => quoted(`${word}:${description.replaceAll(':', '\\:')}`))
        .join(' ')}) ;;\n`,
  )
  .join('')}  esac
  _describe hookline found || _files
}
compdef _hookline hookline
`;

const fish = (places: readonly Place[]): string => `# hookline completion fish | source, in ~/.config/fish/config.fish
function __hookline_is_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${below(places, ' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${places
  .flatMap((place) => {
    const here = `complete -c hookline -n ${quoted(`__hookline_is_at "${place.path}"`)}`;
    return [
      ...place.commands.map(({ word, description }) => `${here} -f -a ${word} -d ${quoted(description)}\n`),
      ...place.options.map(({ word, description }) => `${here} -l ${word.slice(2)} -d ${quoted(description)}\n`),
    ];
  })
  .join('')}`;
