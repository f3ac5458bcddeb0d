import assert from "node:assert/strict";
import { CachedRegistry } from "../../../src/registry/cached.ts";
import { CachedObject } from "../../../src/registry/cached_object.ts";
import { CachedWishes } from "../../../src/registry/cached_wishes.ts";
import type { Latest, Registry, Wish } from "../../../src/registry/registry.ts";
import { MemoryObjectStore } from "../../support/memory_object_store.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const NEVER = new AbortController().signal;
const TTL_MS = 60_000;

Deno.test("CachedWishes asks for each wish, and again when its answer is old", async () => {
  const clock = new VirtualClock();
  const asked: (Wish | undefined)[] = [];
  const wishes = open(clock, asked);
  const [pin, other] = [{ only: "v1.0.0" }, { except: ["v2.0.0"] }];
  await wishes.latest(NEVER, pin);
  await wishes.latest(NEVER, other);
  await wishes.latest(NEVER, pin);
  assert.deepEqual(asked, [pin, other]);
  await clock.run(TTL_MS);
  assert.deepEqual(await wishes.latest(NEVER, pin), answerTo(pin));
  assert.deepEqual(asked, [pin, other, pin]);
});

Deno.test("CachedWishes forgets the oldest of many wishes", async () => {
  const asked: (Wish | undefined)[] = [];
  const wishes = open(new VirtualClock(), asked);
  const all = Array.from({ length: 9 }, (_, at) => ({ only: `v1.${at}.0` }));
  for (const wish of all) await wishes.latest(NEVER, wish);
  for (const wish of all.slice(1)) await wishes.latest(NEVER, wish);
  assert.equal(asked.length, 9);
  await wishes.latest(NEVER, { only: "v1.0.0" });
  assert.equal(asked.length, 10);
});

Deno.test("CachedWishes asks again for what was not there", async () => {
  let latest: Latest = { kind: "filtered", reason: "not there" };
  const registry = { latest: () => Promise.resolve(latest) };
  const clock = new VirtualClock();
  const wishes = new CachedWishes({ registry, ttlMs: TTL_MS, clock });
  const wish = { only: "v1.0.0" };
  assert.deepEqual(await wishes.latest(NEVER, wish), latest);
  latest = answerTo(wish);
  assert.deepEqual(await wishes.latest(NEVER, wish), latest);
});

Deno.test("a shared answer is no answer to a wish, nor a survey", async () => {
  const asked: string[] = [];
  const registry: Registry = {
    rules: { preRelease: false, slot: "" },
    latest: (_signal, wish) => {
      asked.push(JSON.stringify(wish ?? "any"));
      return Promise.resolve(answerTo(wish));
    },
    survey: () => {
      asked.push("survey");
      return Promise.resolve([]);
    },
    report: () => Promise.resolve(),
  };
  const clock = new VirtualClock();
  const store = new MemoryObjectStore();
  const object = new CachedObject({ store, key: "entry.json", clock });
  const times = { ttlMs: TTL_MS, wholeOnly: false };
  const host = { node: "web1:1", clock, emit: () => {} };
  const shared = new CachedRegistry({ registry, object, ...times, ...host });
  const wish = { only: "v1.0.0" };
  assert.deepEqual(await shared.latest(NEVER), answerTo(undefined));
  assert.deepEqual(await shared.latest(NEVER, wish), answerTo(wish));
  assert.deepEqual(await shared.latest(NEVER), answerTo(undefined));
  assert.deepEqual(await shared.survey(NEVER), []);
  assert.deepEqual(asked, ['"any"', JSON.stringify(wish), "survey"]);
});

function open(clock: VirtualClock, asked: (Wish | undefined)[]): CachedWishes {
  const registry = {
    latest: (_signal: AbortSignal, wish?: Wish) => {
      asked.push(wish);
      return Promise.resolve(answerTo(wish));
    },
  };
  return new CachedWishes({ registry, ttlMs: TTL_MS, clock });
}

function answerTo(wish: Wish | undefined): Latest {
  const release = {
    id: "",
    tag: wish?.only ?? "v0.0.1",
    artifactUrl: "file:///x",
    artifactName: "x",
    checksumUrls: [],
    slot: "",
  };
  return { kind: "release", release, incomplete: [] };
}
