import { deepEqual, equal, ok } from "node:assert/strict";
import { PublicationTimes } from "../../../src/registry/grpc_times.ts";

const T0 = 1_700_000_000_000;
const MINUTE = 60_000;

/** Gives the times that are believed while a server is asked every `stepMs`. */
function readAll(
  { stepMs, count, tagOf = () => "v1" }: {
    readonly stepMs: number;
    readonly count: number;
    readonly tagOf?: (index: number) => string;
  },
  createdAtOf: (now: number, index: number) => number | undefined,
): (number | undefined)[] {
  let now = T0;
  const times = new PublicationTimes(() => now);
  return Array.from({ length: count }, (_, index) => {
    const createdAt = createdAtOf(now, index);
    const read = times.read({
      id: "",
      tag: tagOf(index),
      artifactUrl: "https://x/a",
      ...(createdAt === undefined ? {} : { createdAt }),
    });
    now += stepMs;
    return read;
  });
}

const changesIn = (times: readonly unknown[]) =>
  times.filter((time, index) => index > 0 && time !== times[index - 1]).length;

const minuteOf = (now: number) => Math.floor(now / MINUTE) * MINUTE;

for (const stepMs of [3_000, 10_000, 55_000, 60_000, 10 * MINUTE]) {
  Deno.test(`PublicationTimes believes no time of calls in whole minutes, asked every ${stepMs} ms`, () => {
    const times = readAll({ stepMs, count: 200 }, minuteOf);
    ok(changesIn(times) <= 4, `${changesIn(times)}`);
    equal(times.at(-1), undefined);
    equal(changesIn(times.slice(-100)), 0);
  });
}

Deno.test("PublicationTimes believes no two servers that do not agree", () => {
  const early = readAll(
    { stepMs: 10_000, count: 8 },
    (_, index) => T0 - (index % 2) * 86_400_000,
  );
  deepEqual(early, [T0, ...Array(7).fill(undefined)]);
  const absent = readAll(
    { stepMs: 10_000, count: 8 },
    (_, index) => index % 2 === 0 ? T0 : undefined,
  );
  deepEqual(absent, [T0, ...Array(7).fill(undefined)]);
});

Deno.test("PublicationTimes believes what is published again, and every next version", () => {
  const again = readAll(
    { stepMs: 10_000, count: 6 },
    (_, index) => T0 - 86_400_000 + Math.floor(index / 2) * 3_600_000,
  );
  equal(new Set(again).size, 3);
  ok(!again.includes(undefined));
  const versions = readAll(
    { stepMs: 10_000, count: 20, tagOf: (index) => `v${index}` },
    (now) => now - 5_000,
  );
  equal(new Set(versions).size, 20);
});
