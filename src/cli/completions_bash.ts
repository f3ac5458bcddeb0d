import { COMMANDS, SHELLS } from "./commands.ts";
import { OPTIONS } from "./options.ts";
import { isOptionOf, type OptionSpec } from "./options_spec.ts";

const TABLE: readonly OptionSpec[] = OPTIONS;

/** Returns the script for bash 3.2 and newer; it needs no other package. */
export function bashCompletions(): string {
  const names = COMMANDS.map(({ name }) => name).join(" ");
  return `# bash completion for dewy; load it with: source <(dewy completions bash)

_dewy_options() {
  case "$1" in
${optionCases()}
  esac
}

_dewy_choices() {
  case "$1" in
${choiceCases()}
    *) return 1 ;;
  esac
}

_dewy_takes_value() {
  case "$1" in
    ${valueSpellings()}) return 0 ;;
  esac
  return 1
}

_dewy() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local word command="" skip="" i
  COMPREPLY=()
  # To bash, "=" and ":" are words of their own.
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == [=:]* ]]; then
      skip=1
    elif [[ -n $skip ]]; then
      skip=""
    elif [[ $word == "--" ]]; then
      return
    elif _dewy_takes_value "$word"; then
      skip=1
    elif [[ $word != -* && -z $command ]]; then
      command="$word"
    fi
  done
  if _dewy_takes_value "$prev"; then
    COMPREPLY=($(compgen -W "$(_dewy_choices "$prev")" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_dewy_options "$command")" -- "$cur"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W "${names}" -- "$cur"))
  elif [[ $command == completions ]]; then
    COMPREPLY=($(compgen -W "${SHELLS.join(" ")}" -- "$cur"))
  elif [[ $command == help ]]; then
    COMPREPLY=($(compgen -W "${names}" -- "$cur"))
  fi
}

complete -o default -F _dewy dewy
`;
}

function optionCases(): string {
  const cases = COMMANDS.map(({ name }) => {
    const words = TABLE.filter((option) => isOptionOf(option, name));
    return `    ${name}) echo "${longNames(words)}" ;;`;
  });
  return [...cases, `    *) echo "${longNames(TABLE)}" ;;`].join("\n");
}

function choiceCases(): string {
  return TABLE.filter((option) => option.choices !== undefined)
    .map((option) => {
      const words = option.choices?.join(" ") ?? "";
      return `    ${spellings(option).join(" | ")}) echo "${words}" ;;`;
    })
    .join("\n");
}

function valueSpellings(): string {
  return TABLE.filter((option) => option.kind !== "bool")
    .flatMap(spellings)
    .join(" | ");
}

function spellings(option: OptionSpec): string[] {
  const long = `--${option.name}`;
  return option.short === undefined ? [long] : [long, `-${option.short}`];
}

function longNames(options: readonly OptionSpec[]): string {
  return options.map(({ name }) => `--${name}`).join(" ");
}
