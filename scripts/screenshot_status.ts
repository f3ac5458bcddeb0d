/**
 * Takes the pictures of the status page for the documents, in Debian's
 * chromium: `deno run -A scripts/screenshot_status.ts`.
 *
 * @module
 */
import { AdminBench } from "../tests/support/admin_bench.ts";
import { BrowserPage, startBrowser } from "../tests/support/browser.ts";
import { eventually } from "../tests/support/eventually.ts";
import { BUSY_HISTORY, BUSY_STATUS } from "../tests/support/sample_status.ts";
import { fromFolder } from "./paths.ts";
import { print } from "./print.ts";

const FOLDER = fromFolder("../docs/images");
const SIZE = { width: 1100, height: 900 };

await Deno.mkdir(FOLDER, { recursive: true });
await using bench = new AdminBench();
bench.operations.value = BUSY_STATUS;
bench.operations.records = BUSY_HISTORY;
await using browser = await startBrowser();
for (const colorScheme of ["light", "dark"] as const) {
  const look = { ...SIZE, colorScheme };
  await using opened = await BrowserPage.open(browser, bench.url("/"), look);
  const path = `${FOLDER}/status-${colorScheme}.png`;
  await showTraffic(opened);
  await opened.page.screenshot({ path, fullPage: true });
  print(`${path}\n`);
}

/** Lets something happen, and waits until the page shows it. */
async function showTraffic({ page }: BrowserPage): Promise<void> {
  await page.waitForSelector('[data-state="live"]');
  bench.events.take({
    type: "deploy-started",
    tag: "v1.4.3",
    previous: "v1.4.2",
    reason: "it is newer than v1.4.2",
  });
  bench.events.take({
    type: "container-starting",
    image: "ghcr.io/acme/web:v1.4.3",
    replica: 1,
    total: 3,
  });
  await eventually(async () => {
    countRequests();
    const rates = ["#ports td:nth-child(3)", "#replicas td:nth-child(6)"];
    const shown = await Promise.all(
      rates.map((cell) => page.locator(cell).first().innerText()),
    );
    return shown.every((rate) => Number.parseFloat(rate) > 0);
  }, { timeoutMs: 20_000, message: "the page shows a rate" });
}

/** Two requests more, since the status was last asked: one for each replica that gets work. */
function countRequests(): void {
  const { value } = bench.operations;
  const ports = value.ports.map((port) => {
    const { requestsTotal } = port;
    if (requestsTotal === undefined) return port;
    return { ...port, requestsTotal: requestsTotal + 2 };
  });
  const replicas = value.replicas.map((replica) => ({
    ...replica,
    requestsTotal: replica.requestsTotal + (replica.healthy ? 1 : 0),
  }));
  bench.operations.value = { ...value, ports, replicas };
}
