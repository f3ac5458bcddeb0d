import assert from "node:assert/strict";
import {
  ArtifactError,
  ConfigError,
  FilesystemError,
  SourceError,
} from "../../../src/base/errors.ts";
import { pack, unpack } from "../../../src/fetcher/rpc.ts";

/** Sends a value the way a worker does. */
const send = (value: unknown): unknown => unpack(structuredClone(pack(value)));

Deno.test("pack() and unpack() keep class, code, hint and cause of an error", () => {
  const cause = new FilesystemError("Cannot write", { hint: "Free space" });
  const sent = send(
    new ArtifactError("checksum", "Cannot deploy", { hint: "Upload", cause }),
  );
  assert.ok(sent instanceof ArtifactError);
  assert.equal(sent.code, "checksum");
  assert.equal(sent.hint, "Upload");
  assert.ok(sent.cause instanceof FilesystemError);
  assert.equal(sent.cause.hint, "Free space");
});

Deno.test("pack() and unpack() keep how long a source wants to be left alone", () => {
  const sent = send(
    new SourceError("unavailable", "Too many", { retryAfterMs: 5_000 }),
  );
  assert.ok(sent instanceof SourceError);
  assert.equal(sent.retryAfterMs, 5_000);
  assert.equal(sent.hint, undefined);
});

Deno.test("pack() and unpack() reach errors inside of other values", () => {
  const event = { type: "failed", list: [new ConfigError("Bad")], at: 1 };
  const sent = send(event) as typeof event;
  assert.ok(sent.list[0] instanceof ConfigError);
  assert.equal(sent.at, 1);
});

Deno.test("unpack() keeps name and message of an error that dewy does not know", () => {
  const sent = send(new RangeError("too far"));
  assert.ok(sent instanceof Error);
  assert.deepEqual([sent.name, sent.message], ["RangeError", "too far"]);
});

Deno.test("pack() cuts what is too long to be read, and keeps the rest", () => {
  const page = "<html>".repeat(50_000);
  const cause = new RangeError(page);
  const hint = page;
  const sent = send(
    new SourceError("denied", page, { hint, cause, retryAfterMs: 7 }),
  );
  assert.ok(sent instanceof SourceError);
  assert.deepEqual([sent.code, sent.retryAfterMs], ["denied", 7]);
  const inner = sent.cause;
  assert.ok(inner instanceof Error);
  for (const text of [sent.message, sent.hint, inner.message, inner.stack]) {
    assert.ok(text !== undefined && text.includes("<html><html>"));
    assert.equal(text.length, 8_000);
    assert.ok(text.endsWith("…"));
  }
});
