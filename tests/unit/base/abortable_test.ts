import { equal, rejects } from "node:assert/strict";
import { abortable } from "../../../src/base/abortable.ts";

Deno.test("abortable() ends a task that hangs", async () => {
  const controller = new AbortController();
  const waiting = abortable(new Promise(() => {}), controller.signal);
  controller.abort(new Error("stopped"));
  await rejects(waiting, /stopped/);
});

Deno.test("abortable() prefers an abort that came before", async () => {
  const signal = AbortSignal.abort(new Error("stopped"));
  await rejects(abortable(Promise.resolve(1), signal), /stopped/);
});

Deno.test("abortable() settles as the task does", async () => {
  const { signal } = new AbortController();
  equal(await abortable(Promise.resolve(1), signal), 1);
  await rejects(abortable(Promise.reject(new Error("no")), signal), /no/);
});
