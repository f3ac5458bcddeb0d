import { deepEqual, equal, ok } from "node:assert/strict";
import {
  ArtifactError,
  type DewyError,
  SourceError,
} from "../../src/base/errors.ts";
import type { Release } from "../../src/base/release.ts";
import { FileCache } from "../../src/cache/file.ts";
import { obtain } from "../../src/fetcher/obtain.ts";
import { TempDir } from "../support/temp_dir.ts";
import {
  ARTIFACT,
  type DriverUnderTest,
  type FaultOutcome,
  type FaultTarget,
  latestRelease,
  latestTag,
  NEVER,
  publishAll,
  type RegistryHarness,
  reportOf,
  type Test,
} from "./registry_harness.ts";

/** Outcomes but for the number of attempts. */
type Common = Readonly<Record<string, Omit<FaultOutcome, "attempts">>>;

/** What the network and servers do to everybody. */
const ANYWHERE: Common = {
  "429": { code: "unavailable", retryAfterMs: 7_000 },
  "500": { code: "unavailable" },
  reset: { code: "unavailable" },
  hang: { code: "timeout" },
  cut: { code: "unavailable" },
  stall: { code: "timeout" },
};

const COMMON: Readonly<Record<FaultTarget, Common>> = {
  metadata: { ...ANYWHERE, shorter: { code: "invalid" } },
  bytes: {
    ...ANYWHERE,
    shorter: { code: "length" },
    longer: { code: "length" },
  },
};

/** Longer than any driver takes here with all its attempts, milliseconds. */
const ENDED_MS = 5_000;
const CONTENT = "x".repeat(200_000);

/** Tests what comes of faults on the way. */
export function testFaults(test: Test, driver: DriverUnderTest): void {
  testLatest(test, driver);
  testBroken(test, driver);
  testOpen(test, driver);
}

function testLatest(test: Test, driver: DriverUnderTest): void {
  for (const [fault, outcome] of outcomesOf(driver, "metadata")) {
    test(`latest() tells of the fault "${fault}"`, async (harness) => {
      await harness.publish("v1.0.0", { [ARTIFACT]: CONTENT });
      await harness.faults.set("metadata", fault);
      const registry = await harness.open({});
      const asking = (signal: AbortSignal) => registry.latest(signal);
      await expectOutcome(harness, outcome, asking);
      await harness.faults.clear();
      if (outcome.retryAfterMs !== undefined) return;
      equal((await asking(NEVER)).kind, "release", "it does not recover");
    });
  }
}

function testBroken(test: Test, driver: DriverUnderTest): void {
  const attempts = driver.attempts.metadata["500"] ?? 1;
  const outOfOrder: FaultOutcome = { code: "unavailable", attempts };
  test("latest() takes no half of a listing when a later page fails", async (harness) => {
    const tags = Array.from({ length: 1001 }, (_, index) => `v1.0.${index}`);
    await publishAll(harness, tags);
    const registry = await harness.open({});
    await harness.faults.set("metadata", "500", 1);
    const asking = (signal: AbortSignal) => registry.latest(signal);
    await expectOutcome(harness, outOfOrder, asking);
    await harness.faults.clear();
    equal(await latestTag(harness, {}), "v1.0.1000");
  });
  test('report() tells of the fault "500"', async (harness) => {
    await harness.publish("v1.0.0", { [ARTIFACT]: CONTENT });
    const release = await latestRelease(harness, {});
    await harness.faults.set("metadata", "500");
    const registry = await harness.open({});
    await expectOutcome(
      harness,
      outOfOrder,
      (signal) => registry.report(reportOf(release), signal),
    );
  });
}

function testOpen(test: Test, driver: DriverUnderTest): void {
  for (const [fault, outcome] of outcomesOf(driver, "bytes")) {
    test(`open() tells of the fault "${fault}"`, async (harness) => {
      await harness.publish("v1.0.0", { [ARTIFACT]: CONTENT });
      const release = await latestRelease(harness, {});
      await using download = await Download.create(harness, release);
      await harness.faults.set("bytes", fault);
      await expectOutcome(harness, outcome, (signal) => download.run(signal));
      deepEqual(await download.files(), [], "something is left behind");
      await harness.faults.clear();
      if (outcome.retryAfterMs !== undefined) return;
      const { entry } = await download.run(NEVER);
      equal(entry.bytes, CONTENT.length, "it does not recover");
    });
  }
}

function outcomesOf(
  { attempts, ownFaults }: DriverUnderTest,
  target: FaultTarget,
): [fault: string, outcome: FaultOutcome][] {
  const common = Object.entries(COMMON[target]).map(([fault, outcome]) => {
    const count = attempts[target][fault] ?? 1;
    return [fault, { ...outcome, attempts: count }] as const;
  });
  return Object.entries({
    ...Object.fromEntries(common),
    ...ownFaults[target],
  });
}

async function expectOutcome(
  harness: RegistryHarness,
  outcome: FaultOutcome,
  task: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const error = await failureOf(task);
  const told = `${error.message} ${error.hint}`;
  equal(error.code, outcome.code, told);
  equal(
    error instanceof SourceError ? error.retryAfterMs : 0,
    outcome.retryAfterMs ?? 0,
    told,
  );
  if (outcome.attempts !== undefined) {
    equal(await harness.faults.met(), outcome.attempts, `attempts: ${told}`);
  }
  ok(/^Cannot /.test(error.message), told);
  ok(error.hint !== undefined || error instanceof ArtifactError, told);
  const shown = Deno.inspect(error, { depth: 20, showHidden: true }) + told;
  for (const secret of harness.secrets()) ok(!shown.includes(secret), shown);
  if (outcome.code === "length") saysBothLengths(error.message);
}

/** The announced one is that of the content; the other one is what came. */
function saysBothLengths(message: string): void {
  const numbers = message.match(/\b\d+(?= bytes|$| of | were)/g) ?? [];
  equal(numbers.length, 2, message);
  ok(numbers.includes(`${CONTENT.length}`), message);
}

async function failureOf(
  task: (signal: AbortSignal) => Promise<unknown>,
): Promise<DewyError & { readonly code: string }> {
  const controller = new AbortController();
  const onLate = () => controller.abort(new Error("It takes too long"));
  const timer = setTimeout(onLate, ENDED_MS);
  try {
    await task(controller.signal);
  } catch (error) {
    if (error instanceof SourceError || error instanceof ArtifactError) {
      return error;
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
  throw new Error("It did not fail");
}

/** The download of a release into a cache of its own, as a deploy does it. */
class Download implements AsyncDisposable {
  readonly #temp: TempDir;
  readonly #store: RegistryHarness["store"];
  readonly #release: Release;

  private constructor(
    temp: TempDir,
    store: RegistryHarness["store"],
    release: Release,
  ) {
    this.#temp = temp;
    this.#store = store;
    this.#release = release;
  }

  static async create(
    { store }: RegistryHarness,
    release: Release,
  ): Promise<Download> {
    return new Download(await TempDir.create(), store, release);
  }

  run(signal: AbortSignal): ReturnType<typeof obtain> {
    return obtain(this.#release, {
      store: this.#store,
      cache: new FileCache(this.#temp.path),
      trustedSha256: undefined,
      requireChecksum: false,
      maxBytes: 2 * CONTENT.length + 1,
    }, signal);
  }

  async files(): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(this.#temp.path));
    return entries.map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#temp[Symbol.asyncDispose]();
  }
}
