import type { Redact } from "../base/redact.ts";
import { describeUrl } from "../base/url.ts";
import { OPTIONS } from "./options.ts";
import type { GivenOptions, OptionValue } from "./options_given.ts";
import type { CommandName, OptionSpec } from "./options_spec.ts";

/** The options that concern a command, by their name, as they are in effect. */
export type OptionsInEffect = Readonly<Record<string, OptionValue>>;

/** Returns what is in effect for `command`; secrets are not masked yet. */
export function optionsInEffect(
  options: GivenOptions,
  command: CommandName,
): OptionsInEffect {
  const table: readonly OptionSpec[] = OPTIONS;
  const own = table.filter(({ commands, env }) =>
    env !== false && commands.includes(command)
  );
  return Object.fromEntries(
    own.map((option) => [option.name, options.inEffect(option)]),
  );
}

/** Returns the options as they may be shown. */
export function shownOptions(
  options: OptionsInEffect,
  redact: Redact,
): OptionsInEffect {
  const table: readonly OptionSpec[] = OPTIONS;
  const urls = new Set(
    table.filter(({ kind }) => kind === "url").map(({ name }) => name),
  );
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const show = (text: string) =>
        redact(urls.has(name) ? shownUrl(text) : text);
      if (typeof value === "string") return [name, show(value)];
      return [name, Array.isArray(value) ? value.map(show) : value];
    }),
  );
}

/** Paths of webhooks are often what keeps others from calling them. */
function shownUrl(url: string): string {
  const [, place] = /^(webhooks?:\/\/[^/?]*)/i.exec(url) ?? [];
  return place === undefined ? describeUrl(url) : `${describeUrl(place)}/***`;
}
