import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import {
  headingAnchors,
  type MarkdownLink,
  relativeLinks,
} from "../../support/markdown_links.ts";
import { readPages } from "../../support/markdown_pages.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

Deno.test("every relative link and anchor of the documentation leads somewhere", async () => {
  const pages = await readPages();
  const dead: string[] = [];
  let links = 0;
  for (const [page, source] of pages) {
    for (const link of relativeLinks(source)) {
      links++;
      if (await leadsSomewhere(page, link, pages)) continue;
      dead.push(`${page}:${link.line}: ${link.path}#${link.anchor}`);
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(links > 0);
});

Deno.test("relativeLinks() finds links outside of code, and none to other hosts", () => {
  const source = [
    "[a](a.md#one), [b](https://example.com/b.md), `[c](c.md)`",
    "```sh",
    "[d](d.md)",
    "```",
    "a code `span",
    '[e](e.md)` ![f](images/f.png) <a href="#g">',
  ].join("\n");
  assert.deepEqual(relativeLinks(source), [
    { line: 1, path: "a.md", anchor: "one" },
    { line: 6, path: "images/f.png", anchor: "" },
    { line: 6, path: "", anchor: "g" },
  ]);
});

Deno.test("headingAnchors() names headings as GitHub does", () => {
  const source = [
    "# Exit codes, `kill -9`",
    "```sh",
    "# no heading",
    "```",
    "## Polls",
    "## [Polls](x.md)",
    "## 不良リリース。",
  ].join("\n");
  assert.deepEqual([...headingAnchors(source)], [
    "exit-codes-kill--9",
    "polls",
    "polls-1",
    "不良リリース",
  ]);
});

async function leadsSomewhere(
  page: string,
  { path, anchor }: MarkdownLink,
  pages: ReadonlyMap<string, string>,
): Promise<boolean> {
  const target = path === "" ? page : join(dirname(page), path);
  if (anchor !== "") {
    return headingAnchors(pages.get(target) ?? "").has(anchor);
  }
  try {
    await Deno.stat(join(ROOT, target));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
