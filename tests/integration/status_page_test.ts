import assert from "node:assert/strict";
import { BrowserPage, startBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { ServerBench } from "../support/server_bench.ts";

const TOKEN = "a-token-that-is-long-enough";

Deno.test("the status page follows a real deploy, and rolls it back", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const dewy = bench.start({
    args: ["--admin-port", String(freePort())],
    env: { DEWY_ADMIN_TOKEN: TOKEN },
  });
  const { port } = await dewy.waitForLog("Admin API started");
  await bench.serves("v1.0.0");
  await using browser = await startBrowser();
  const url = `http://localhost:${port}/`;
  await using opened = await BrowserPage.open(browser, url);
  const { page, complaints, requests } = opened;
  const shows = (selector: string, pattern: RegExp) =>
    eventually(async () => pattern.test(await page.innerText(selector)), {
      timeoutMs: 30_000,
      message: `${selector} shows ${pattern}`,
    });

  await shows("#version", /^v1\.0\.0$/);
  await page.evaluate("globalThis.stillThisPage = true");
  await bench.publish("v1.1.0");
  await shows("#version", /^v1\.1\.0$/);
  await shows("#events", /Deployment completed successfully/);
  await shows("#history", /v1\.1\.0[^]*✓ deployed[^]*v1\.0\.0/);
  await shows("#phase", /^waiting$/);

  const refused = await page.evaluate(
    `fetch("/api/v1/actions/rollback", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }).then(({ status }) => status)`,
  );
  assert.equal(refused, 401, "nothing is done without the token");
  // The browser itself tells of the 401, and nobody else of anything.
  assert.equal(complaints.splice(0).length, 1, complaints.join("\n"));

  await page.fill("#token", TOKEN);
  await page.press("#token", "Enter");
  await page.click('[data-action="rollback"]');
  await page.click("#confirm-go");
  await bench.serves("v1.0.0");
  await shows("#version", /^v1\.0\.0$/);
  await shows("#history", /↩ rolled back/);

  assert.ok(await page.evaluate("globalThis.stillThisPage"));
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests.filter((asked) => !asked.startsWith(url)), []);
});
