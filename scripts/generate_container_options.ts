/**
 * Writes `docs/container-options.md` from the table of options.
 *
 * @module
 */
import { REFUSED_OPTIONS } from "../src/container/run_options_refused.ts";
import type { RunOption } from "../src/container/run_option.ts";
import { SUPPORTED_RUN_OPTIONS } from "../src/container/run_option_table.ts";
import { markdownTable } from "./markdown_table.ts";
import { fromFolder } from "./paths.ts";

/** Where the page is. */
export const CONTAINER_OPTIONS_PAGE = fromFolder(
  "../docs/container-options.md",
);

const BEFORE = `# Options of containers

<!-- Written by scripts/generate_container_options.ts: change the table in src/container/run_options_*.ts -->

What stands after \`--\` of \`dewy container\` are options of \`docker run\`, written
as there:

\`\`\`sh
dewy container --registry img://ghcr.io/acme/web --port 8000:8080 -- \\
  --env-file /etc/web.env -e COLOUR=red -v web-data:/data --memory 512m
\`\`\`

They are read when dewy starts: an option that is unknown, refused or has a wrong
value ends dewy with the reason, before anything is deployed. The image and its
command are no options: they are \`--registry\` and \`--cmd\`, before the \`--\`.
Variables and files of variables are read then, too: start dewy again after a
change. Containers whose options changed are replaced one by one, without a new
version.

Containers run as the user and group of dewy unless \`--user\` says otherwise.

With \`--restart\` the engine starts a container again before dewy replaces it. Its
published port is another one then; dewy takes the replica out of its turn and
gives it its place back when it answers there.

`;

const REFUSED = `
## Refused

`;

const AFTER = `
Of what can be mounted, these are refused: \`/\`, the socket of a container engine,
and folders that hold one, such as \`/run\`. That guards against mistakes: dewy
looks at the path as it is written and not at where links lead. Of networks,
\`host\`, \`none\` and \`container:…\` are refused, and so are those in which others
reach all ports of a container, whatever dewy publishes: networks of the drivers
macvlan and ipvlan, and Docker's bridges whose gateway mode is \`routed\` or
\`nat-unprotected\`. The engine is asked for that at the start.

Any other option is unknown.
`;

/** Returns the page as it is to be, but for the padding of its tables. */
export function containerOptionsPage(): string {
  const supported = SUPPORTED_RUN_OPTIONS.map((option) => [
    spelling(option),
    code(option.field),
    [option.repeatable ? "May come more than once" : "", option.note ?? ""]
      .filter((text) => text !== "").join(". "),
  ]);
  const refused = REFUSED_OPTIONS.map((option) => [
    spelling(option),
    sentence(option.refused),
    option.instead ?? "",
  ]);
  return [
    BEFORE,
    "## Supported\n\n",
    markdownTable(["option", "in the create request", "note"], supported),
    REFUSED,
    markdownTable(["option", "because", "instead"], refused),
    AFTER,
  ].join("");
}

function spelling(option: RunOption): string {
  const names = [
    ...(option.short === undefined ? [] : [`-${option.short}`]),
    ...[option.name, ...option.aliases ?? []].map((name) => `--${name}`),
  ];
  return `\`${names.join(", ")}${option.takes ? ` ${option.takes}` : ""}\``;
}

function code(field: string): string {
  return field.includes(" ") ? sentence(field) : `\`${field}\``;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

if (import.meta.main) {
  await Deno.writeTextFile(CONTAINER_OPTIONS_PAGE, containerOptionsPage());
}
