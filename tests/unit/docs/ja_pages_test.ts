import assert from "node:assert/strict";
import { markdownBlocks } from "../../support/markdown_blocks.ts";
import { readPages } from "../../support/markdown_pages.ts";

/** Each Japanese page, and the English one that it translates. */
const TRANSLATIONS = [
  ["docs/ja/README.md", "README.md"],
  ["docs/ja/getting-started.md", "docs/getting-started.md"],
] as const;

for (const [japanese, english] of TRANSLATIONS) {
  Deno.test(`${japanese} has the code blocks of ${english}`, async () => {
    const pages = await readPages();
    const expected = codeBlocks(pages, english);
    assert.ok(expected.length > 0);
    assert.deepEqual(
      codeBlocks(pages, japanese),
      expected,
      `${english} has changed: translate that in ${japanese}, too`,
    );
  });
}

Deno.test("every Japanese page is compared with an English one", async () => {
  const pages = [...(await readPages()).keys()];
  assert.deepEqual(
    pages.filter((page) => page.startsWith("docs/ja/")),
    TRANSLATIONS.map(([japanese]) => japanese),
  );
});

function codeBlocks(
  pages: ReadonlyMap<string, string>,
  page: string,
): { info: string; text: string }[] {
  return markdownBlocks(page, pages.get(page) ?? "")
    .map(({ language, marks, text }) => ({
      info: [language, ...marks].join(" "),
      text,
    }));
}
