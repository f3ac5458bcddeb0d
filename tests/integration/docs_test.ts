import assert from "node:assert/strict";
import { runBlocks } from "../support/markdown_run.ts";
import {
  type MarkdownBlock,
  markdownBlocks,
} from "../support/markdown_blocks.ts";
import { readPages } from "../support/markdown_pages.ts";
import { killProcessesOf } from "../support/process_table.ts";
import { readmeCommands } from "../support/readme_command.ts";
import { fromFolder } from "../../scripts/paths.ts";
import { TempDir } from "../support/temp_dir.ts";

/** What a block needs that another test runs it: an engine, a dewy that runs, releases, a checkout. */
const ELSEWHERE_MARKS = ["docker", "host", "installer", "checkout"];

/**
 * What makes a block one that cannot run here: other hosts, root's own files, or
 * the repository's tasks, which the tests themselves are part of.
 */
const ELSEWHERE =
  /ghr:\/\/|s3:\/\/|gs:\/\/|grpc:\/\/|img:\/\/|https:\/\/|slack:\/\/|sudo |systemctl|deno@|deno task|deno run|docker |podman |\/srv\/|\/etc\/|aws |gh |self-update|…/;

const pages = new Map<string, readonly MarkdownBlock[]>();
for (const [name, text] of await readPages()) {
  const blocks = markdownBlocks(name, text)
    .filter(({ language }) => ["sh", "bash", "console"].includes(language));
  pages.set(name, blocks);
}

for (const [page, blocks] of pages) {
  const runnable = blocks.filter(({ marks }) =>
    marks.length > 0 && !marks.some((mark) => ELSEWHERE_MARKS.includes(mark))
  );
  if (runnable.length === 0) continue;
  Deno.test(`the commands in ${page} do what they say`, async () => {
    await using dir = await TempDir.create();
    try {
      await runBlocks(runnable, dir);
    } finally {
      await killProcessesOf(dir.path);
    }
  });
}

Deno.test("every block of commands in the documentation is run, or cannot be here", () => {
  const all = [...pages.values()].flat();
  const unmarked = all.filter(({ marks, text }) =>
    marks.length === 0 && !ELSEWHERE.test(text)
  );
  assert.deepEqual(
    unmarked.map(({ page, line }) => `${page}:${line}`),
    [],
    'Mark them with "sh run" or "sh background"',
  );
  assert.ok(all.some(({ marks }) => marks.includes("run")));
});

Deno.test("the commands for a checkout are run by tests and by CI", async () => {
  const commands = await readmeCommands();
  // demo_test.ts and dev_test.ts run what README.md says.
  assert.deepEqual([...commands.keys()], ["demo", "test", "dev", "ok"]);
  const config = await Deno.readTextFile(fromFolder("../deno.json"));
  const { tasks } = JSON.parse(config);
  const run = await Deno.readTextFile(fromFolder("../.ci/run"));
  const steps = run.split("\n").filter((line) =>
    line.startsWith("deno ") && !line.startsWith("deno install ")
  );
  assert.equal(steps.join(" && "), tasks.ok.command);
  assert.equal(steps.at(-1), "deno task test");
});
