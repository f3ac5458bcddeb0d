import { bashCompletions } from "./completions_bash.ts";
import { fishCompletions } from "./completions_fish.ts";
import { zshCompletions } from "./completions_zsh.ts";
import type { SHELLS } from "./commands.ts";

const RENDERERS: Readonly<Record<(typeof SHELLS)[number], () => string>> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

/** Returns the script that teaches `shell` to complete dewy's command line. */
export function renderCompletions(shell: (typeof SHELLS)[number]): string {
  return RENDERERS[shell]();
}
