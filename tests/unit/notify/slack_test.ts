import assert from "node:assert/strict";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import type { Notice } from "../../../src/notify/notifier.ts";
import { code, rich } from "../../../src/notify/rich_text.ts";
import { SlackNotifier } from "../../../src/notify/slack.ts";
import { notice, ORIGIN } from "../../support/notices.ts";
import { result } from "../../support/sample_events.ts";
import { SlackServer } from "../../support/slack_server.ts";

const NEVER = new AbortController().signal;
const ICONS = "https://raw.githubusercontent.com/linyows/dewy/main/misc";

function open(url: string, server: SlackServer): SlackNotifier {
  return new SlackNotifier(url, { origin: ORIGIN, env: server.env });
}

/** Sends a message and returns what the server took. */
async function post(url: string, message: Notice) {
  await using server = new SlackServer();
  await open(url, server).send(message, NEVER);
  const [taken, ...more] = server.posts;
  assert.ok(taken !== undefined && more.length === 0);
  return taken;
}

Deno.test("SlackNotifier posts what the original posts", async () => {
  const { form, attachment } = await post("slack://deploys", notice());
  const { attachments: _, ...others } = form;
  assert.deepEqual(others, {
    token: "xoxb-1234567890-secret",
    channel: "deploys",
    username: "Dewy",
    icon_url: `${ICONS}/dewy-icon.512.png`,
  });
  assert.deepEqual(attachment, {
    color: "#E694AA",
    fallback: "",
    text: "Server started for `v1.2.3`",
    footer: "web1",
    footer_icon: `${ICONS}/dewy-icon.32.png`,
    ts: 1_768_473_045,
  });
});

const CHANNELS = [
  ["slack://C0123ABC", "C0123ABC"],
  ["slack://Deploys-2", "Deploys-2"],
  ["slack://#general", "general"],
  ["slack://%23general?quiet=1", "general"],
  ["slack://?title=x", "randam"],
  ["slack://#", "randam"],
] as const;

for (const [url, channel] of CHANNELS) {
  Deno.test(`SlackNotifier takes "${url}" for the channel "${channel}"`, async () => {
    assert.equal((await post(url, notice())).form["channel"], channel);
  });
}

const FOOTERS = [
  ["slack://x?title=app", "app/web1"],
  [
    "slack://x?title=My+App&url=https%3A%2F%2Fexample.com%2Fa",
    "<https://example.com/a|My+App>/web1",
  ],
  ["slack://x?url=https://example.com", "web1"],
] as const;

for (const [url, footer] of FOOTERS) {
  Deno.test(`SlackNotifier signs with "${footer}"`, async () => {
    assert.equal((await post(url, notice())).attachment["footer"], footer);
  });
}

Deno.test("SlackNotifier says what to do, and lets no text be a link or a mention", async () => {
  const { attachment } = await post(
    "slack://x",
    notice({
      text: rich`Failed: <!channel> & ${code("a`b<c>")}`,
      hint: "Raise <limit>",
    }),
  );
  assert.equal(
    attachment["text"],
    "Failed: &lt;!channel&gt; &amp; `a'b&lt;c&gt;`\nWhat to do: Raise &lt;limit&gt;",
  );
});

Deno.test("SlackNotifier posts the result of a hook in fields", async () => {
  const { attachment } = await post(
    "slack://x",
    notice({ kind: "hook", hook: { ...result, stdout: "one\n```two" } }),
  );
  const { footer: _f, footer_icon: _i, ts: _t, ...rest } = attachment;
  assert.deepEqual(rest, {
    color: "#36a64f",
    fallback: "",
    title: "Before Deploy Hook",
    text: "```\nmake ready\n```",
    fields: [
      { title: "Stdout", value: "```\none\n'''two\n```", short: false },
      { title: "Exit Code", value: "`0`", short: true },
      { title: "Duration", value: "1.5s", short: true },
    ],
  });
});

Deno.test("SlackNotifier cuts what a failed hook printed", async () => {
  const stderr = Array.from({ length: 60 }, (_, line) => `${line}`).join("\n");
  const hook = { ...result, when: "after", exitCode: 2, stdout: "", stderr };
  const { attachment } = await post(
    "slack://x",
    notice({ kind: "hook", level: "error", hook: { ...hook, when: "after" } }),
  );
  assert.equal(attachment["color"], "#dd0000");
  assert.equal(attachment["title"], "After Deploy Hook");
  const [field] = attachment["fields"] as { title: string; value: string }[];
  assert.equal(field?.title, "Stderr");
  assert.match(field.value, /\n49\n\.\.\. \(10 more lines truncated\)\n```$/);
});

Deno.test("SlackNotifier answers the message of the release, and shows errors to all", async () => {
  const thread = Promise.resolve("1503435956.000247");
  const url = "slack://x?thread=true";
  const { form } = await post(url, notice({ thread }));
  assert.equal(form["thread_ts"], "1503435956.000247");
  assert.equal(form["reply_broadcast"], undefined);
  const failed = await post(url, notice({ thread, level: "error" }));
  assert.equal(failed.form["reply_broadcast"], "true");
  const none = await post(
    url,
    notice({ thread: Promise.resolve(undefined), level: "error" }),
  );
  assert.equal(none.form["thread_ts"], undefined);
  assert.equal(none.form["reply_broadcast"], undefined);
  const plain = await post("slack://x", notice({ thread }));
  assert.equal(plain.form["thread_ts"], undefined);
});

/** What is answered, and what becomes of the message. */
const FAILURES: readonly (readonly [
  name: string,
  answer: () => Response,
  code: SourceError["code"],
  says: RegExp,
])[] = [
  [
    "a rate limit",
    () => new Response("", { status: 429, headers: { "retry-after": "30" } }),
    "unavailable",
    /Slack answered 429/,
  ],
  [
    "an outage",
    () => new Response("<html>", { status: 503 }),
    "unavailable",
    /Slack answered 503/,
  ],
  [
    "a channel without the bot",
    () => Response.json({ ok: false, error: "not_in_channel" }),
    "denied",
    /refuses the message: not_in_channel/,
  ],
  [
    "an error inside Slack",
    () => Response.json({ ok: false, error: "internal_error" }),
    "unavailable",
    /internal_error/,
  ],
  [
    "a page in place of an answer",
    () => new Response("<html>Log in</html>"),
    "denied",
    /status 200 and no JSON/,
  ],
];

for (const [name, answer, expected, says] of FAILURES) {
  Deno.test(`SlackNotifier takes ${name} for a failure`, async () => {
    await using server = new SlackServer();
    server.answer = answer;
    const error = await failure(
      open("slack://x", server).send(notice(), NEVER),
    );
    assert.equal(error.code, expected);
    assert.match(error.message, says);
    assert.equal(error.retryAfterMs, name === "a rate limit" ? 30_000 : 0);
  });
}

Deno.test("SlackNotifier tells a wrong token with what to do, and not the token", async () => {
  await using server = new SlackServer();
  const notifier = new SlackNotifier("slack://x", {
    origin: ORIGIN,
    env: { ...server.env, SLACK_TOKEN: "xoxb-wrong-token" },
  });
  const error = await failure(notifier.send(notice(), NEVER));
  assert.equal(error.code, "denied");
  assert.match(error.hint ?? "", /SLACK_TOKEN/);
  assert.ok(!`${error.message}${error.hint}`.includes("xoxb-wrong"));
});

Deno.test("SlackNotifier can be tried again when nobody answers", async () => {
  const server = new SlackServer();
  const notifier = open("slack://x", server);
  await server[Symbol.asyncDispose]();
  const error = await failure(notifier.send(notice(), NEVER));
  assert.equal(error.code, "unavailable");
  assert.match(error.message, /^Cannot reach Slack \(127\.0\.0\.1:\d+\)/);
});

/** URLs and environments that no notifier is opened with. */
const REFUSED: readonly (readonly [
  url: string,
  env: Record<string, string>,
  says: RegExp,
])[] = [
  ["slack://x", {}, /SLACK_TOKEN is not set/],
  ["slack://x?nope=1", { SLACK_TOKEN: "t" }, /option "nope" is unknown/],
  ["slack://x?quiet=maybe", { SLACK_TOKEN: "t" }, /"quiet"/],
  [
    "slack://x",
    { SLACK_TOKEN: "t", SLACK_API_URL: "http://slack.example.com/api" },
    /SLACK_API_URL must begin with https/,
  ],
];

for (const [url, env, says] of REFUSED) {
  Deno.test(`SlackNotifier refuses "${url}" with ${Object.keys(env).join(", ") || "no variable"}`, () => {
    assert.throws(
      () => new SlackNotifier(url, { origin: ORIGIN, env }),
      (error) =>
        error instanceof ConfigError && says.test(error.message) &&
        error.hint !== undefined,
    );
  });
}

async function failure(sending: Promise<void>): Promise<SourceError> {
  try {
    await sending;
  } catch (error) {
    assert.ok(error instanceof SourceError, String(error));
    return error;
  }
  assert.fail("it was taken");
}
