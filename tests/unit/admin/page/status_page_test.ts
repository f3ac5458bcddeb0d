import assert from "node:assert/strict";
import axe from "axe-core";
import { BrowserPage, startBrowser } from "../../../support/browser.ts";
import { AdminBench, TOKEN } from "../../../support/admin_bench.ts";
import { eventually } from "../../../support/eventually.ts";
import { SAMPLE_STATUS } from "../../../support/memory_operations.ts";
import { BUSY_HISTORY, BUSY_STATUS } from "../../../support/sample_status.ts";

const LOCAL = /^http:\/\/127\.0\.0\.1:\d+\//;

async function open(
  bench: AdminBench,
) {
  await using stack = new AsyncDisposableStack();
  const browser = stack.use(await startBrowser());
  const opened = stack.use(
    await BrowserPage.open(browser, bench.url("/")),
  );
  await opened.page.waitForSelector('[data-state="live"]');
  const { page } = opened;
  const owned = stack.move();
  return {
    page,
    opened,
    text: (selector: string) => page.innerText(selector),
    /** Waits for a text: the page lets nobody evaluate what would look for it. */
    shows: (selector: string, pattern: RegExp) =>
      eventually(
        async () => pattern.test(await page.innerText(selector)),
        { timeoutMs: 20_000, message: `${selector} shows ${pattern}` },
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

Deno.test("the status page", async (t) => {
  await using bench = new AdminBench();
  bench.operations.value = BUSY_STATUS;
  bench.operations.records = BUSY_HISTORY;
  await using view = await open(bench);
  const { page, text, shows } = view;

  await t.step(
    "shows what is in service, what happens and what failed",
    async () => {
      assert.equal(await text("#version"), "v1.4.2");
      assert.match(await text("#since"), /^for 5 h/);
      assert.equal(await text("#phase"), "deploying");
      assert.match(await text("#deploying"), /^v1\.4\.3, for/);
      assert.equal(await text("#steps [aria-current]"), "health");
      assert.match(await text("#notices"), /v1\.5\.0 waits: first seen/);
      assert.match(await text("#replicas"), /✓ healthy[^]*✕ out of rotation/);
      assert.match(await text("#failed"), /✕ quarantined/);
      assert.match(await text("#history"), /✓ deployed[^]*7\.4 s/);
    },
  );

  await t.step("changes without a reload when something happens", async () => {
    await page.evaluate("globalThis.stillThisPage = true");
    bench.operations.value = {
      ...BUSY_STATUS,
      phase: "waiting",
      deploying: undefined,
      current: { version: "v1.4.3", since: Date.now(), digest: undefined },
    };
    bench.events.take({
      type: "deploy-succeeded",
      tag: "v1.4.3",
      durationMs: 12_000,
    });
    await shows("#version", /^v1\.4\.3$/);
    assert.equal(await text("#announcer"), "v1.4.3 is in service");
    assert.match(
      await text("#events"),
      /Deployment completed successfully\s+tag=v1\.4\.3 duration_ms=12000/,
    );
    assert.ok(await page.evaluate("globalThis.stillThisPage"));
  });

  await t.step(
    "computes rates of requests, of each port and each replica",
    async () => {
      const [port] = BUSY_STATUS.ports;
      assert.ok(port !== undefined);
      let requestsTotal = 1_000;
      await eventually(async () => {
        requestsTotal += 100;
        const { value } = bench.operations;
        bench.operations.value = {
          ...value,
          ports: [{ ...port, requestsTotal }],
          replicas: BUSY_STATUS.replicas.map((replica, at) => ({
            ...replica,
            requestsTotal: at * requestsTotal,
          })),
        };
        const rate = await text("#ports tbody td:nth-child(3)");
        const rates = await page.locator("#replicas tbody td:nth-child(6)")
          .allInnerTexts();
        const [idle = "", some = "", twice = ""] = rates;
        const isShown = [rate, some, twice].every((text) =>
          /^[\d.]+ requests\/s$/.test(text) && Number.parseFloat(text) > 0
        );
        return isShown && idle === "0 requests/s" &&
          Number.parseFloat(twice) > Number.parseFloat(some);
      }, { timeoutMs: 20_000, message: "rates are shown" });
    },
  );

  await t.step("takes texts from outside as texts", async () => {
    const hostile = "<img src=x onerror=globalThis.hacked=1>";
    const { value } = bench.operations;
    bench.operations.value = {
      ...value,
      app: hostile,
      hold: { since: Date.now(), reason: hostile },
    };
    bench.events.take({ type: "setting-unavailable", message: hostile });
    await shows("#notices", /<img/);
    assert.equal(await page.locator("img").count(), 0);
    assert.ok(!await page.evaluate("globalThis.hacked"));
  });

  await t.step("asks nobody but dewy, and complains of nothing", () => {
    const elsewhere = view.opened.requests.filter((url) => !LOCAL.test(url));
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(view.opened.complaints, []);
  });
});

Deno.test("actions on the page", async (t) => {
  await using bench = new AdminBench();
  await using view = await open(bench);
  const { page, text, shows, opened } = view;
  await shows("#version", /^v1\.2\.3$/);

  await t.step("are not offered without a token", async () => {
    assert.ok(!await page.isVisible("#actions"));
    assert.ok(await page.isVisible("#token-form"));
  });

  await t.step("are not unlocked by a wrong token", async () => {
    await page.fill("#token", "not-the-right-one-at-all");
    await page.press("#token", "Enter");
    await page.waitForSelector('#outcome[data-kind="bad"]');
    assert.match(await text("#outcome"), /The token is wrong/);
    assert.ok(!await page.isVisible("#actions"));
    // The browser itself tells of the 401.
    assert.equal(opened.complaints.splice(0).length, 1);
  });

  await t.step(
    "ask first, and do nothing when they are cancelled",
    async () => {
      await page.fill("#token", TOKEN);
      await page.press("#token", "Enter");
      await page.click('[data-action="rollback"]');
      assert.equal(await text("#confirm-title"), "Roll back?");
      await page.keyboard.press("Escape");
      await page.click('[data-action="rollback"]');
      await page.click("#confirm-cancel");
      assert.deepEqual(bench.operations.acted, []);
    },
  );

  await t.step("are done with the token, by the keyboard alone", async () => {
    await page.focus('[data-action="pin"]');
    await page.keyboard.press("Enter");
    await page.keyboard.type("v1.2.2");
    await page.keyboard.press("Enter");
    await shows("#outcome", /^so be it$/);
    assert.deepEqual(bench.operations.acted, [
      { kind: "pin", version: "v1.2.2" },
    ]);
  });

  await t.step("offer what makes sense", async () => {
    bench.operations.value = {
      ...SAMPLE_STATUS,
      hold: { since: Date.now(), reason: undefined },
    };
    await page.waitForSelector('[data-action="resume"]');
    assert.equal(await page.locator('[data-action="hold"]').count(), 0);
  });

  await t.step("are locked again by forgetting the token", async () => {
    await page.click('[data-action="lock"]');
    assert.ok(!await page.isVisible("#actions"));
    assert.equal(await page.evaluate("sessionStorage.length"), 0);
    assert.deepEqual(opened.complaints, []);
  });
});

Deno.test("a lost connection is told, and found again", async () => {
  const bench = new AdminBench();
  await using view = await open(bench);
  const { port } = bench;
  await bench[Symbol.asyncDispose]();
  await view.page.waitForSelector('[data-state="lost"]');
  assert.match(
    await view.text("#link"),
    /^Connection lost at .*, trying again$/,
  );
  await using _again = new AdminBench({ port });
  await view.page.waitForSelector('[data-state="live"]');
});

Deno.test("axe finds nothing on the page", async (t) => {
  await using bench = new AdminBench();
  bench.operations.value = BUSY_STATUS;
  bench.operations.records = BUSY_HISTORY;
  await using browser = await startBrowser();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1100, 360]) {
      await t.step(`${colorScheme}, ${width} wide`, async () => {
        const look = { colorScheme, width };
        await using opened = await BrowserPage.open(
          browser,
          bench.url("/"),
          look,
        );
        const { page } = opened;
        await page.waitForSelector('[data-state="live"]');
        bench.events.take({
          type: "setting-unavailable",
          message: "no effect",
        });
        await page.fill("#token", TOKEN);
        await page.press("#token", "Enter");
        await page.waitForSelector('[data-action="hold"]');
        assert.deepEqual(await violations(page), []);
        await page.click('[data-action="hold"]');
        assert.deepEqual(await violations(page), []);
        const overflow =
          "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert.ok(!await page.evaluate(overflow));
      });
    }
  }
});

/** What axe-core finds, with the element of each. */
async function violations(page: BrowserPage["page"]): Promise<string[]> {
  // The page's policy lets no script in; the debugger may.
  await page.evaluate(axe.source);
  return await page.evaluate(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + " " + html + " " + failureSummary)))`,
  );
}
