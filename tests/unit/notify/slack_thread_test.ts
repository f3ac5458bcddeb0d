import assert from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { SlackNotifier } from "../../../src/notify/slack.ts";
import { notice, ORIGIN } from "../../support/notices.ts";
import { SlackServer } from "../../support/slack_server.ts";

const NEVER = new AbortController().signal;
const THREAD = "1503435956.000247";

/** A notifier in thread mode, and what it warns of. */
function open(server: SlackServer) {
  const warnings: string[] = [];
  const notifier = new SlackNotifier("slack://deploys?thread=true", {
    origin: ORIGIN,
    env: server.env,
    warn: (name, error) => warnings.push(`${name}: ${error.message}`),
  });
  const send = (thread: string) =>
    notifier.send(
      notice({ thread: Promise.resolve(thread), level: "error" }),
      NEVER,
    );
  return { send, warnings };
}

Deno.test("SlackNotifier posts to the channel what cannot be an answer, and tries each thread once", async () => {
  await using server = new SlackServer();
  const { send, warnings } = open(server);
  server.refusedThreads.set(THREAD, "thread_not_found");
  for (let time = 0; time < 3; time++) await send(THREAD);
  assert.equal(server.posts.length, 3);
  assert.equal(server.requests, 4);
  for (const { form } of server.posts) {
    assert.equal(form["thread_ts"], undefined);
    assert.equal(form["reply_broadcast"], undefined);
  }
  assert.deepEqual(warnings, [
    `slack://deploys: Cannot answer the message "${THREAD}" in "deploys", its messages go to the channel: Slack refuses the message: thread_not_found`,
  ]);
  await send("1503435956.000999");
  assert.equal(server.posts.at(-1)?.form["thread_ts"], "1503435956.000999");
});

Deno.test("SlackNotifier does not post to the channel what Slack may take later, or never", async () => {
  await using server = new SlackServer();
  const { send, warnings } = open(server);
  for (const reason of ["internal_error", "not_in_channel"]) {
    server.refusedThreads.set(THREAD, reason);
    await assert.rejects(send(THREAD), SourceError);
  }
  assert.equal(server.posts.length, 0);
  assert.deepEqual(warnings, []);
});
