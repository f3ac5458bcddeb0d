import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import type { DeployEvent } from "../../../src/base/event.ts";
import { shareAnswers } from "../../../src/registry/open_cached.ts";
import type { Latest, Registry } from "../../../src/registry/registry.ts";
import { MemoryObjectStore } from "../../support/memory_object_store.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const NEVER = new AbortController().signal;
const TTL_MS = 60_000;
const KEY = "p/registry-cache/6a3ac88e9034e0d9.json";

/** One host, its registry, and the bucket it shares. */
class Host {
  readonly store = new MemoryObjectStore();
  readonly clock = new VirtualClock(Date.UTC(2024, 0, 15, 10));
  readonly events: DeployEvent[] = [];
  asked = 0;
  answer: Latest | Error = releaseOf("v2.0.0");
  readonly upstream: Registry = {
    rules: { preRelease: false, slot: "blue" },
    latest: () => {
      this.asked++;
      return this.answer instanceof Error
        ? Promise.reject(this.answer)
        : Promise.resolve(this.answer);
    },
    report: () => Promise.reject(new Error("reported")),
    survey: () => Promise.reject(new Error("surveyed")),
  };

  open(
    options: { readonly slot?: string; readonly wholeOnly?: boolean } = {},
  ): Registry {
    return shareAnswers(this.upstream, {
      registryTtlMs: TTL_MS,
      shared: { store: this.store, prefix: "p/" },
      registryUrl: "ghr://owner/repo",
      calver: undefined,
      slot: "",
      platform: { os: "linux", arch: "amd64" },
      env: {},
      wholeOnly: false,
      node: "web1:4321",
      clock: this.clock,
      emit: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Puts an entry as hosts of another kind write it. */
  put(tag: string, times: { readonly age: number; readonly lockAge?: number }) {
    const timeOf = (age: number | undefined) =>
      age === undefined
        ? "0001-01-01T00:00:00Z"
        : new Date(this.clock.now() - age).toISOString();
    const { age, lockAge } = times;
    this.store.put(
      KEY,
      JSON.stringify({
        response: {
          ID: "1",
          Tag: tag,
          ArtifactURL: `ghr://o/r/tag/${tag}/app.zip`,
          CreatedAt: null,
          Slot: "",
        },
        "fetched_at": timeOf(age),
        "locked_at": timeOf(lockAge),
      }),
    );
  }
}

function releaseOf(tag: string): Latest {
  return {
    kind: "release",
    incomplete: [],
    release: {
      id: "7",
      tag,
      artifactUrl: `ghr://o/r/tag/${tag}/app.zip`,
      artifactName: "app.zip",
      checksumUrls: ["ghr://o/r/tag/x/SHA256SUMS"],
      sha256: "0".repeat(64),
      slot: "",
    },
  };
}

async function tagOf(registry: Registry): Promise<string> {
  const latest = await registry.latest(NEVER);
  return latest.kind === "release" ? latest.release.tag : latest.kind;
}

Deno.test("an answer of a host of another kind is taken, and asked for anew when it is old", async () => {
  const host = new Host();
  host.put("v1.0.0", { age: TTL_MS - 1 });
  const registry = host.open();
  equal(await tagOf(registry), "v1.0.0");
  equal(host.asked, 0);
  await host.clock.run(1);
  equal(await tagOf(registry), "v2.0.0");
  equal(host.asked, 1);
  const text = host.store.text(KEY) ?? "";
  const shared =
    '{"response":{"ID":"7","Tag":"v2.0.0","ArtifactURL":"ghr://o/r/tag/v2.0.0/app.zip","CreatedAt":null,"Slot":""},"fetched_at":"2024-01-15T10:00:00.001Z","locked_at":"0001-01-01T00:00:00Z","more":';
  equal(text.slice(0, shared.length), shared);
  deepEqual(await host.open().latest(NEVER), releaseOf("v2.0.0"), "whole");
  equal(host.asked, 1);
});

Deno.test("an answer without checksums does not do where one is required", async () => {
  const host = new Host();
  host.put("v1.0.0", { age: 0 });
  equal(await tagOf(host.open({ wholeOnly: true })), "v2.0.0");
  equal(await tagOf(host.open({ wholeOnly: true })), "v2.0.0");
  equal(host.asked, 1);
});

Deno.test("an old answer is given while another host asks, and a lock of a dead one does not last", async () => {
  const host = new Host();
  host.put("v1.0.0", { age: 2 * TTL_MS, lockAge: 2 * TTL_MS - 1 });
  const registry = host.open();
  equal(await tagOf(registry), "v1.0.0");
  equal(host.asked, 0);
  await host.clock.run(1);
  equal(await tagOf(registry), "v2.0.0");
});

Deno.test("times from a clock that is ahead do not count for ever", async () => {
  const host = new Host();
  host.put("v1.0.0", { age: -TTL_MS, lockAge: -2 * TTL_MS });
  equal(await tagOf(host.open()), "v2.0.0");
});

Deno.test("answers that are no release are shared, and leave the former one to others", async () => {
  const host = new Host();
  host.put("v1.0.0", { age: TTL_MS });
  host.answer = { kind: "filtered", reason: "no version matches" };
  equal(await tagOf(host.open()), "filtered");
  equal(await tagOf(host.open()), "filtered");
  equal(host.asked, 1);
  match(host.store.text(KEY) ?? "", /"Tag":"v1\.0\.0"/);
});

Deno.test("a failure is told to all, with its code and for as long as the source asks", async () => {
  const host = new Host();
  host.answer = new SourceError("denied", "Quota exceeded", {
    hint: "Wait",
    retryAfterMs: 600_000,
  });
  const facts = { code: "denied", message: "Quota exceeded", hint: "Wait" };
  await rejects(host.open().latest(NEVER), facts);
  await host.clock.run(599_000);
  await rejects(host.open().latest(NEVER), { ...facts, retryAfterMs: 1_000 });
  equal(host.asked, 1);
  host.answer = releaseOf("v2.0.0");
  await host.clock.run(1_000);
  equal(await tagOf(host.open()), "v2.0.0");
});

Deno.test("a bucket that cannot be written costs the sharing, and is told once", async () => {
  const host = new Host();
  host.store.write = () =>
    Promise.reject(new SourceError("denied", "Read-only"));
  const registry = host.open();
  for (let poll = 0; poll < 5; poll++) {
    equal(await tagOf(registry), "v2.0.0");
    await host.clock.run(10_000);
  }
  equal(host.asked, 1);
  const told = host.events.filter(({ type }) =>
    type === "registry-cache-failed"
  );
  deepEqual(
    told.map((event) =>
      event.type === "registry-cache-failed" && [event.step, event.first]
    ).slice(0, 2),
    [["claim", true], ["claim", false]],
  );
});

Deno.test("a claim that fails gives the old answer while it is recent, and then asks alone", async () => {
  const host = new Host();
  let claims = 0;
  host.store.write = () => {
    claims++;
    return Promise.reject(new SourceError("denied", "Read-only"));
  };
  const registry = host.open();
  // Another one answered a while ago, and its entry is never replaced.
  host.put("v1.0.0", { age: 2 * TTL_MS - 1 });
  equal(await tagOf(registry), "v1.0.0");
  equal(host.asked, 0);
  await host.clock.run(1);
  equal(await tagOf(registry), "v2.0.0");
  equal(host.asked, 1);
  await host.clock.run(TTL_MS - 1);
  equal(await tagOf(registry), "v2.0.0");
  equal(host.asked, 1, "once per TTL");
  await host.clock.run(1);
  host.answer = new SourceError("timeout", "Out of order");
  await rejects(registry.latest(NEVER), /Out of order/);
  equal(claims, 4);
});

for (const operation of ["readText", "write"] as const) {
  Deno.test(`a bucket that stalls is given up after 10 s (${operation})`, async () => {
    const host = new Host();
    const { promise: stalled, resolve } = Promise.withResolvers<AbortSignal>();
    const stall = (signal: AbortSignal) => {
      resolve(signal);
      return new Promise<never>(() => {});
    };
    if (operation === "readText") {
      host.store.readText = (_key, signal) => stall(signal);
    } else host.store.write = (_key, _bytes, { signal }) => stall(signal);
    const answers: string[] = [];
    const asking = tagOf(host.open()).then((tag) => answers.push(tag));
    const signal = await stalled;
    await host.clock.run(9_999);
    deepEqual([answers, host.asked, signal.aborted], [[], 0, false]);
    await host.clock.run(1);
    await asking;
    deepEqual([answers, host.asked], [["v2.0.0"], 1]);
    match(String(signal.reason), /did not answer in 10 s/);
    const told = host.events.flatMap((event) =>
      event.type === "registry-cache-failed" ? [event.error.message] : []
    );
    deepEqual(told, ["The shared cache did not answer in 10 s"]);
  });
}

Deno.test("a bucket that stalls with the answer keeps nobody from it", async () => {
  const host = new Host();
  const { write } = host.store;
  let writes = 0;
  const stalled = Promise.withResolvers<void>();
  host.store.write = (...args) => {
    if (++writes === 1) return write.apply(host.store, args);
    stalled.resolve();
    return new Promise<never>(() => {});
  };
  const asking = tagOf(host.open());
  await stalled.promise;
  await host.clock.run(10_000);
  equal(await asking, "v2.0.0");
  equal(host.asked, 1);
  match(host.store.text(KEY) ?? "", /"locked_by":"web1:4321"/);
});

Deno.test("an answer in the bucket that no host could use is asked for anew", async () => {
  const good = releaseOf("v1.0.0");
  const parts = [
    { tag: "../../x" },
    { tag: "v1\n" },
    { artifactName: "../x" },
    { artifactUrl: 7 },
  ];
  for (const part of parts) {
    const host = new Host();
    const at = new Date(host.clock.now()).toISOString();
    const release = { ...(good.kind === "release" && good.release), ...part };
    const latest = { ...good, release };
    host.store.put(
      KEY,
      JSON.stringify({
        "fetched_at": at,
        "locked_at": "0001-01-01T00:00:00Z",
        more: { latest, "latest_at": at },
      }),
    );
    equal(await tagOf(host.open()), "v2.0.0");
    host.put(String(release.tag), { age: 0 });
    equal(
      await tagOf(host.open()),
      part.tag === undefined ? "v1.0.0" : "v2.0.0",
    );
  }
});

Deno.test("an abort ends the wait for another host", async () => {
  const host = new Host();
  const claim = new Date(host.clock.now()).toISOString();
  host.store.put(
    KEY,
    `{"fetched_at":"0001-01-01T00:00:00Z","locked_at":"${claim}","locked_by":"a:1"}`,
  );
  const controller = new AbortController();
  const reason = new Error("stopped");
  const asking = host.open().latest(controller.signal);
  const ended = rejects(asking, (error) => error === reason);
  await host.clock.run(1_000);
  controller.abort(reason);
  await ended;
  deepEqual(host.events.map(({ type }) => type), ["registry-cache-enabled"]);
});

Deno.test("hosts with a slot share among themselves", async () => {
  const host = new Host();
  host.put("v1.0.0", { age: 0 });
  equal(await tagOf(host.open({ slot: "blue" })), "v2.0.0");
  equal(await tagOf(host.open()), "v1.0.0");
  equal(host.store.objects.size, 2);
});

Deno.test("shareAnswers() leaves a registry alone when nothing is or can be shared", async () => {
  const host = new Host();
  const registry = host.open();
  deepEqual(registry.rules, host.upstream.rules);
  await rejects(
    registry.report({
      release: { ...EMPTY_RELEASE },
      command: "server",
      host: "web1",
      at: 0,
    }, NEVER),
    /reported/,
  );
  const options = {
    registryUrl: "ghr://owner/repo",
    calver: undefined,
    slot: "",
    platform: { os: "linux", arch: "amd64" },
    env: {},
    wholeOnly: false,
    node: "web1:1",
    clock: host.clock,
    emit: (event: DeployEvent) => host.events.push(event),
  };
  host.events.length = 0;
  const off = { ...options, registryTtlMs: 0 };
  equal(shareAnswers(host.upstream, off), host.upstream);
  deepEqual(host.events, []);
  const alone = { ...options, registryTtlMs: TTL_MS };
  equal(shareAnswers(host.upstream, alone), host.upstream);
  deepEqual(host.events, [{ type: "registry-cache-ignored" }]);
});

const EMPTY_RELEASE = {
  id: "",
  tag: "v1",
  artifactUrl: "ghr://o/r/tag/v1/a.zip",
  artifactName: "a.zip",
  checksumUrls: [],
  slot: "",
};
