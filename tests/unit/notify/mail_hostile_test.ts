import assert from "node:assert/strict";
import { MailNotifier } from "../../../src/notify/mail.ts";
import type { Notice } from "../../../src/notify/notifier.ts";
import { code, rich } from "../../../src/notify/rich_text.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { notice, ORIGIN } from "../../support/notices.ts";
import { result } from "../../support/sample_events.ts";
import { MailServer, type ReceivedMail } from "../../support/smtp_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
const INJECTED = "v1\r\nBcc: everyone@example.com\r\n\r\nhello";

/** Sends messages and returns the mails that arrived. */
async function send(
  query: string,
  ...notices: readonly Notice[]
): Promise<readonly ReceivedMail[]> {
  await using dir = await TempDir.create();
  const certificates = await makeCertificates(dir.path);
  await using server = await MailServer.start({ tls: "none", certificates });
  const notifier = await MailNotifier.open(
    `mail://127.0.0.1:${server.port}/ops@example.com?from=a@b.c${query}`,
    { origin: ORIGIN, env: {} },
  );
  for (const one of notices) await notifier.send(one, NEVER);
  return server.mails;
}

Deno.test("MailNotifier lets no text become a header, a recipient or the end of the mail", async () => {
  const hook = {
    ...result,
    command: INJECTED,
    stdout: "one\r\n.\r\nRCPT TO:<everyone@example.com>\r\nthree",
  };
  const mails = await send(
    `&subject=${encodeURIComponent(INJECTED)}`,
    notice({ text: rich`Deployed ${code(INJECTED)}`, version: INJECTED }),
    notice({ kind: "hook", hook }),
  );
  assert.equal(mails.length, 2);
  for (const { headers, to } of mails) {
    assert.ok(!/^bcc:/im.test(headers), headers);
    assert.deepEqual(to, ["ops@example.com"]);
  }
  assert.match(mails[1]?.text ?? "", /one\n\.\nRCPT TO:<everyone/);
});

Deno.test("MailNotifier sends a message again under the same id", async () => {
  const mails = await send("", notice(), notice());
  const ids = mails.map(({ headers }) =>
    /^message-id: *(\S+)/im.exec(headers)?.[1]
  );
  assert.deepEqual(ids, Array(2).fill(`<${notice().id}@b.c>`));
});
