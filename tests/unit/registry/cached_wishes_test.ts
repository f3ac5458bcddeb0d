import assert from "node:assert/strict";
import { CachedWishes } from "../../../src/registry/cached_wishes.ts";
import type { Latest, Wish } from "../../../src/registry/registry.ts";
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
  return { kind: "filtered", reason: JSON.stringify(wish) };
}
