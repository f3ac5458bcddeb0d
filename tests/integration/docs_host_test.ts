import assert from "node:assert/strict";
import { DewyProcess } from "../support/dewy_process.ts";
import { markdownBlocks } from "../support/markdown_blocks.ts";
import { readPages } from "../support/markdown_pages.ts";
import { runBlocks } from "../support/markdown_run.ts";
import { RegistryFolder } from "../support/registry_folder.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Where the pages have dewy. */
const WORKDIR = "/srv/myapp";

for (const [page, text] of await readPages()) {
  const blocks = markdownBlocks(page, text)
    .filter(({ marks }) => marks.includes("host"));
  if (blocks.length === 0) continue;
  Deno.test(`the commands in ${page} for a dewy that runs do what they say`, async () => {
    await using dir = await TempDir.create();
    const registry = await RegistryFolder.create(dir.join("registry"));
    const cwd = dir.join("work");
    await Deno.mkdir(cwd);
    const args = ["assets", "--registry", registry.url, "--interval", "200ms"];
    await using dewy = DewyProcess.start({ cwd, args });
    for (const tag of ["v1.4.1", "v1.4.2"]) {
      await registry.publish(tag);
      await dewy.waitForLog("Deployment completed successfully", { tag });
    }
    const printed = await runBlocks(blocks, dir, {
      replaced: { [WORKDIR]: cwd },
    });
    assert.match(printed, /v1\.4\.2/);
  });
}
