import { COMMANDS, SHELLS } from "./commands.ts";
import { OPTIONS } from "./options.ts";
import type { OptionSpec } from "./options_spec.ts";

const TABLE: readonly OptionSpec[] = OPTIONS;

/** Returns the script for zsh 5; a file `_dewy` in `fpath`, or sourced. */
export function zshCompletions(): string {
  const names = COMMANDS.map(({ name }) => name).join(" ");
  const commands = COMMANDS.map(({ name, description }) =>
    `    ${quote(`${name}:${description}`)}`
  ).join("\n");
  return `#compdef dewy
# zsh completion for dewy; load it with: source <(dewy completions zsh)

_dewy_commands() {
  local -a commands=(
${commands}
  )
  _describe -t commands command commands
}

_dewy_argument() {
  local word
  for word in \${words[2,CURRENT-1]}; do
    case $word in
      completions) compadd -- ${SHELLS.join(" ")}; return ;;
      help) compadd -- ${names}; return ;;
    esac
  done
  _files
}

_dewy() {
  _arguments -s -S \\
${TABLE.map((option) => `    ${argumentSpec(option)} \\`).join("\n")}
    '1:command:_dewy_commands' \\
    '*:argument:_dewy_argument'
}

if [[ $funcstack[1] == _dewy ]]; then
  _dewy "$@"
else
  compdef _dewy dewy
fi
`;
}

/** One specification of `_arguments`: `'*'{-p+,--port=}'[description]:port: '`. */
function argumentSpec(option: OptionSpec): string {
  const takesValue = option.kind !== "bool";
  const long = `--${option.name}${takesValue ? "=" : ""}`;
  const short = `-${option.short}${takesValue ? "+" : ""}`;
  const repeat = option.repeatable ? "'*'" : "";
  const names = option.short === undefined
    ? `${repeat}${long}`
    : `${repeat || `'(-${option.short} --${option.name})'`}{${short},${long}}`;
  const action = option.choices === undefined
    ? " "
    : `(${option.choices.join(" ")})`;
  const label = option.placeholder ?? "value";
  const value = takesValue ? `:${escape(label)}:${action}` : "";
  return `${names}${quote(`[${escape(option.description)}]${value}`)}`;
}

function escape(text: string): string {
  return text.replace(/[\\:[\]]/g, "\\$&");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
