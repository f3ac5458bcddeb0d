import { equal, ok } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { lockLifeMs } from "../../../src/registry/cached_step.ts";
import { Random } from "../../support/random.ts";
import {
  type FleetOptions,
  type FleetStep,
  INTERVAL_MS,
  RegistryFleet,
} from "../../support/registry_fleet.ts";

const MINUTE = 60_000;
const TTL_MS = MINUTE;
/** Network, jitter and the pause between two looks at the entry. */
const SLACK_MS = 6_000;

/** Runs a simulation of 200 hosts; a failure names the seed that repeats it. */
function testFleet(
  behaviour: string,
  options: Partial<FleetOptions>,
  body: (fleet: RegistryFleet) => Promise<void>,
): void {
  Deno.test(`200 hosts: ${behaviour}`, async () => {
    const random = Random.fromEnv();
    using fleet = new RegistryFleet({
      hosts: 200,
      ttlMs: TTL_MS,
      random,
      ...options,
    });
    try {
      await body(fleet);
    } catch (cause) {
      const again = `DEWY_TEST_SEED=${random.seed}`;
      throw new Error(`Repeat it with ${again}: ${cause}`, { cause });
    }
  });
}

/** Checks that the registry was not asked before the former answer was old. */
function checkWindows(asked: readonly number[]): void {
  for (const [index, at] of asked.entries()) {
    const gap = at - (asked[index - 1] ?? -Infinity);
    ok(gap >= TTL_MS, `asked again after ${gap} ms, as number ${index}`);
  }
}

function checkAllSee(fleet: RegistryFleet, tag: string): void {
  const others = fleet.living.filter((seen) => seen.tag !== tag);
  equal(others.length, 0, `${others.length} hosts see ${others[0]?.tag}`);
}

const isRefresh = (event: { readonly type: string }) =>
  event.type === "registry-refreshed";

testFleet(
  "one asks per TTL, and all follow a new version",
  {},
  async (fleet) => {
    await fleet.clock.run(10 * MINUTE);
    checkAllSee(fleet, "v1.0.0");
    fleet.upstream = "v2.0.0";
    await fleet.clock.run(TTL_MS + INTERVAL_MS + SLACK_MS);
    checkAllSee(fleet, "v2.0.0");
    checkWindows(fleet.asked);
    ok(fleet.asked.length >= 9, `${fleet.asked.length} calls`);
    equal(fleet.told(isRefresh).length, fleet.asked.length);
    equal(fleet.events.length, fleet.asked.length, "nothing else happened");
    equal(fleet.living.filter(({ errors }) => errors > 0).length, 0);
  },
);

testFleet(
  "those that begin in one instant ask once, however they conflict",
  { together: true },
  async (fleet) => {
    await fleet.clock.run(5_000);
    checkAllSee(fleet, "v1.0.0");
    equal(fleet.asked.length, 1);
    ok(fleet.conflicts > 0, "they did conflict");
    await fleet.clock.run(5 * MINUTE);
    checkWindows(fleet.asked);
  },
);

const POINTS: readonly (readonly [FleetStep, "before" | "after"])[] = [
  ["read", "before"],
  ["read", "after"],
  ["claim", "before"],
  ["claim", "after"],
  ["ask", "before"],
  ["ask", "after"],
  ["publish", "before"],
  ["publish", "after"],
];

for (const [step, when] of POINTS) {
  testFleet(
    `one that dies ${when} it can ${step} holds nobody up`,
    {},
    async (fleet) => {
      const { clock } = fleet;
      await clock.run(2 * MINUTE);
      fleet.kill = { step, when };
      while (fleet.dead.size === 0) await clock.run(100);
      const calls = fleet.asked.length;
      fleet.upstream = "v2.0.0";
      const late = clock.now();
      const lockMs = lockLifeMs(TTL_MS);
      for (let time = 0; time < lockMs + TTL_MS; time += INTERVAL_MS) {
        await clock.run(INTERVAL_MS);
        const silent = fleet.living.filter(({ at }) =>
          clock.now() - at > 2 * INTERVAL_MS
        );
        equal(silent.length, 0, "hosts wait while an answer is at hand");
      }
      await clock.run(INTERVAL_MS + SLACK_MS);
      checkAllSee(fleet, "v2.0.0");
      equal(fleet.living.length, 199);
      equal(fleet.living.filter(({ errors }) => errors > 0).length, 0);
      const windows = Math.ceil((clock.now() - late) / TTL_MS);
      ok(
        fleet.asked.length - calls <= windows + 1,
        `${fleet.asked.length} calls`,
      );
    },
  );
}

testFleet("the first one dies with its claim, and all have an answer soon", {
  together: true,
}, async (fleet) => {
  fleet.kill = { step: "ask", when: "before" };
  await fleet.clock.run(30_000 + SLACK_MS);
  equal(fleet.dead.size, 1);
  checkAllSee(fleet, "v1.0.0");
  equal(fleet.asked.length, 1);
});

testFleet(
  "an outage is asked about rarely, told everywhere, and ends",
  {},
  async (fleet) => {
    const { clock } = fleet;
    await clock.run(5 * MINUTE);
    const calls = fleet.asked.length;
    fleet.upstream = new SourceError("unavailable", "Cannot read the registry");
    await clock.run(20 * MINUTE);
    checkAllSee(fleet, "v1.0.0");
    const during = fleet.asked.length - calls;
    ok(during >= 20 && during <= 40, `${during} calls in 20 minutes`);
    const count = (phase: string) =>
      new Set(
        fleet.told((event) =>
          event.type === "registry-outage" && event.phase === phase
        ),
      ).size;
    equal(count("begun"), 200);
    equal(count("lasting"), 200);
    equal(count("over"), 0);
    fleet.upstream = "v2.0.0";
    await clock.run(30_000 + INTERVAL_MS + SLACK_MS);
    checkAllSee(fleet, "v2.0.0");
    equal(count("over"), 200);
    const outages = fleet.told((event) => event.type === "registry-outage");
    equal(outages.length, 3 * 200, "each is told once");
    equal(fleet.living.filter(({ errors }) => errors > 0).length, 0);
  },
);

testFleet(
  "a registry that fails from the start is not asked by all",
  {},
  async (fleet) => {
    fleet.upstream = new SourceError("denied", "Bad credentials", {
      retryAfterMs: 5 * MINUTE,
    });
    await fleet.clock.run(10 * MINUTE);
    ok(fleet.asked.length <= 3, `${fleet.asked.length} calls in 10 minutes`);
    equal(fleet.living.filter(({ errors }) => errors === 0).length, 0);
  },
);

for (const hours of [1, 2, 1e9]) {
  testFleet(
    `a registry that wants ${hours} h of peace gets one`,
    {},
    async (fleet) => {
      const { clock } = fleet;
      await clock.run(5 * MINUTE);
      const calls = fleet.asked.length;
      const retryAfterMs = hours * 60 * MINUTE;
      fleet.upstream = new SourceError("unavailable", "Full", { retryAfterMs });
      await clock.run(20 * MINUTE);
      equal(fleet.asked.length - calls, 1);
      fleet.upstream = "v2.0.0";
      await clock.run(42 * MINUTE);
      checkAllSee(fleet, "v2.0.0");
    },
  );
}

testFleet(
  "without the bucket each asks for itself, once per TTL",
  {},
  async (fleet) => {
    const { clock, store } = fleet;
    await clock.run(2 * MINUTE);
    const calls = fleet.asked.length;
    store.failure = new SourceError("denied", "Cannot read the bucket");
    fleet.upstream = "v2.0.0";
    await clock.run(5 * MINUTE);
    checkAllSee(fleet, "v2.0.0");
    const during = fleet.asked.length - calls;
    ok(during <= 200 * 6, `${during} calls in 5 minutes`);
    const told = fleet.told((event) =>
      event.type === "registry-cache-failed" && event.first
    );
    ok(told.length <= 2 * 200, `told ${told.length} times`);
    store.failure = undefined;
    fleet.upstream = "v3.0.0";
    await clock.run(TTL_MS + INTERVAL_MS + SLACK_MS);
    checkAllSee(fleet, "v3.0.0");
    checkWindows(fleet.asked.slice(-2));
  },
);

testFleet(
  "a broken entry is repaired, without asking more than once",
  {},
  async (fleet) => {
    await fleet.clock.run(2 * MINUTE);
    const [key = ""] = fleet.store.objects.keys();
    const calls = fleet.asked.length;
    fleet.store.put(key, '{"response":');
    await fleet.clock.run(INTERVAL_MS + SLACK_MS);
    equal(fleet.asked.length, calls + 1);
    ok(fleet.store.text(key)?.startsWith('{"response":{"ID":"v1.0.0"'));
  },
);
