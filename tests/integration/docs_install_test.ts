import assert from "node:assert/strict";
import { fromFolder } from "../../scripts/paths.ts";
import { INSTALL_SCRIPT, InstallHost } from "../support/install_host.ts";
import { markdownBlocks } from "../support/markdown_blocks.ts";

const PAGE = "docs/install.md";
/** What the page has in other places than this test. */
const BASE = "https://downloads.example.com/dewy";
const SITE = "/srv/site";
const SCRIPT = "sh install.sh";

Deno.test(`the installer is called as ${PAGE} says`, async () => {
  const text = await Deno.readTextFile(fromFolder(`../${PAGE}`));
  const blocks = markdownBlocks(PAGE, text)
    .filter(({ marks }) => marks.includes("installer"));
  assert.equal(blocks.length, 2);
  await using host = await InstallHost.create();
  host.releases.publish({ version: "1.2.3" });
  await Deno.mkdir(host.dir.join("site"));
  for (const { line, text } of blocks) {
    const script = text.replaceAll(BASE, host.releases.base)
      .replaceAll(SITE, host.dir.join("site"))
      .replaceAll(SCRIPT, `sh '${INSTALL_SCRIPT}'`);
    const { success, stderr } = await new Deno.Command("bash", {
      args: ["-euc", script],
      cwd: fromFolder(".."),
      env: {
        HOME: host.dir.path,
        DEWY_INSTALL_DIR: host.folder,
        // The copy of a release knows it.
        DEWY_DOWNLOAD_BASE: host.releases.base,
        DEWY_UNIT_DIR: host.dir.path,
      },
      stdin: "null",
      stdout: "null",
    }).output();
    const told = new TextDecoder().decode(stderr);
    assert.ok(success, `${PAGE}:${line}: ${told}`);
    assert.equal(await host.installed(), "1.2.3");
  }
  const unit = await Deno.readTextFile(host.dir.join("site.service"));
  assert.match(unit, /--unit site -- assets --registry ghr:\/\/owner\/site/);
});
