import assert from "node:assert/strict";
import { ContainerBench } from "../support/container_bench.ts";
import { markdownBlocks } from "../support/markdown_blocks.ts";
import { readPages } from "../support/markdown_pages.ts";
import { runBlocks } from "../support/markdown_run.ts";
import { killProcessesOf } from "../support/process_table.ts";
import { TempDir } from "../support/temp_dir.ts";

const HUB = "docker.io/";
/** An image of Docker Hub that README.md deploys; here another one has its name. */
const IMAGE = "traefik/whoami";

for (const page of ["README.md", "docs/ja/README.md"]) {
  Deno.test(`the containers of ${page} run as it says`, async () => {
    const blocks = markdownBlocks(page, (await readPages()).get(page) ?? "")
      .filter(({ marks }) => marks.includes("docker"));
    assert.deepEqual(blocks.map(({ marks }) => marks[0]), [
      "background",
      "run",
    ]);
    await using bench = await ContainerBench.start("docker");
    const { host } = bench.registry;
    await using hub = await bench.sibling(IMAGE);
    await hub.publish("v1.0.0", { exposed: [80] });
    await using dir = await TempDir.create();
    try {
      const printed = await runBlocks(blocks, dir, {
        env: bench.engine.env,
        replaced: { [HUB]: `${host}/` },
      });
      assert.match(printed, /(?:v1\.0\.0\s*){3}$/);
    } finally {
      await killProcessesOf(dir.path);
    }
  });
}
