import assert from "node:assert/strict";
import { CLI_PAGE, cliPage } from "../../../scripts/generate_cli_reference.ts";
import { withoutPadding } from "../../../scripts/markdown_table.ts";

Deno.test("docs/cli.md is what the tables of commands and options say", async () => {
  assert.equal(
    withoutPadding(await Deno.readTextFile(CLI_PAGE)),
    withoutPadding(cliPage()),
    "Run: deno run -A scripts/generate_cli_reference.ts && deno fmt docs",
  );
});
