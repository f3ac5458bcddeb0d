import assert from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { MailNotifier } from "../../../src/notify/mail.ts";
import {
  type Certificates,
  makeCertificates,
} from "../../support/certificates.ts";
import { notice, ORIGIN } from "../../support/notices.ts";
import { result } from "../../support/sample_events.ts";
import {
  MailServer,
  type SmtpServerOptions,
} from "../../support/smtp_server.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { rich } from "../../../src/notify/rich_text.ts";

const NEVER = new AbortController().signal;
const LOGIN = { user: "bob", pass: "correct horse" };
const AUTH = "username=bob&password=correct%20horse";

/** A mail server, and the file of the authority that vouches for it. */
class Bench implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    readonly certificates: Certificates,
    readonly server: MailServer,
  ) {}

  static async create(
    options: Omit<SmtpServerOptions, "certificates">,
  ): Promise<Bench> {
    const dir = await TempDir.create();
    const certificates = await makeCertificates(dir.path);
    const server = await MailServer.start({ ...options, certificates });
    return new Bench(dir, certificates, server);
  }

  /** Opens a notifier by `localhost`, which the certificate names. */
  open(query = "", host = "localhost"): Promise<MailNotifier> {
    const { port } = this.server;
    return MailNotifier.open(
      `mail://${host}:${port}/ops@example.com?from=dewy@example.com&${query}`,
      { origin: ORIGIN, env: {} },
    );
  }

  get ca(): string {
    return `ca=${this.certificates.ca}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

Deno.test("MailNotifier sends the mail that the original sends", async () => {
  await using bench = await Bench.create({ tls: "none" });
  await (await bench.open()).send(
    notice({ text: rich`v1.2.2 → v1.2.3\nsecond line`, hint: "Rest" }),
    NEVER,
  );
  const [mail] = bench.server.mails;
  assert.ok(mail !== undefined);
  assert.equal(mail.from, "dewy@example.com");
  assert.deepEqual(mail.to, ["ops@example.com"]);
  assert.match(mail.headers, /^Subject: Dewy Notification$/m);
  assert.match(mail.headers, /^From: dewy@example\.com$/m);
  assert.match(mail.headers, /^To: ops@example\.com$/m);
  assert.match(mail.headers, /^Auto-Submitted: auto-generated$/m);
  assert.match(mail.headers, /^Date: Thu, 15 Jan 2026 10:30:45/m);
  assert.match(mail.headers, /^Content-Type: text\/plain; charset=utf-8/m);
  assert.equal(
    mail.text.trimEnd(),
    [
      "v1.2.2 → v1.2.3",
      "second line",
      "",
      "What to do: Rest",
      "",
      "Host: web1",
      "User: Deploy Account",
      "Working dir: /srv/app",
      "",
      "--",
      "Dewy: https://github.com/linyows/dewy",
    ].join("\n"),
  );
});

Deno.test("MailNotifier sends the result of a hook with a subject of its own", async () => {
  await using bench = await Bench.create({ tls: "none" });
  const notifier = await bench.open("subject=Hello");
  await notifier.send(notice({ hook: result }), NEVER);
  const hook = { ...result, exitCode: 3, stderr: "No database" };
  await notifier.send(notice({ hook }), NEVER);
  const [success, failed] = bench.server.mails;
  assert.match(
    success?.headers ?? "",
    /^Subject: Dewy Before Deploy Hook SUCCESS$/m,
  );
  assert.match(
    failed?.headers ?? "",
    /^Subject: Dewy Before Deploy Hook FAILED$/m,
  );
  const text = failed?.text ?? "";
  assert.ok(
    text.startsWith(
      "Before Deploy Hook FAILED\n\nCommand: make ready\nExit Code: 3\nDuration: 1.5s\n\nSTDOUT:\ndone\n\nSTDERR:\nNo database\n\nHost: web1\n",
    ),
    text,
  );
});

/** Kinds of server and of URL that go together. */
const WAYS: readonly (readonly [
  name: string,
  server: Omit<SmtpServerOptions, "certificates">,
  query: string,
  secure: boolean,
])[] = [
  ["no TLS and no login", { tls: "none" }, "", false],
  ["STARTTLS when it is offered", { tls: "offered" }, "", true],
  ["STARTTLS that is required", { tls: "offered" }, "tls=required", true],
  ["no TLS although it is offered", { tls: "offered" }, "tls=false", false],
  ["TLS from the first byte", { tls: "implicit" }, "tls=implicit", true],
  ["STARTTLS and a login", { tls: "offered", login: LOGIN }, AUTH, true],
  [
    "TLS from the first byte and a login",
    { tls: "implicit", login: LOGIN },
    `tls=implicit&${AUTH}`,
    true,
  ],
  [
    "a login on this host without TLS",
    { tls: "none", login: LOGIN, settings: { allowInsecureAuth: true } },
    AUTH,
    false,
  ],
  [
    "a login by CRAM-MD5",
    {
      tls: "offered",
      login: LOGIN,
      settings: { authMethods: ["CRAM-MD5"] },
    },
    AUTH,
    true,
  ],
  [
    "a login by LOGIN",
    { tls: "offered", login: LOGIN, settings: { authMethods: ["LOGIN"] } },
    AUTH,
    true,
  ],
];

for (const [name, options, query, secure] of WAYS) {
  Deno.test(`MailNotifier sends with ${name}`, async () => {
    await using bench = await Bench.create(options);
    const notifier = await bench.open(`${bench.ca}&${query}`);
    await notifier.send(notice(), NEVER);
    const [mail] = bench.server.mails;
    assert.equal(mail?.secure, secure);
    assert.equal(mail.user, options.login?.user);
  });
}

Deno.test("MailNotifier sends by address to who has a certificate for it", async () => {
  await using bench = await Bench.create({ tls: "offered" });
  await (await bench.open(bench.ca, "127.0.0.1")).send(notice(), NEVER);
  assert.ok(bench.server.mails[0]?.secure);
});

/** What does not work, and whether it may another time. */
const FAILURES: readonly (readonly [
  name: string,
  server: Omit<SmtpServerOptions, "certificates">,
  query: (bench: Bench) => string,
  code: SourceError["code"],
  says: RegExp,
])[] = [
  [
    "a certificate of an unknown authority after STARTTLS",
    { tls: "offered" },
    () => "",
    "unavailable",
    /certificate|UnknownIssuer/i,
  ],
  [
    "a certificate of an unknown authority",
    { tls: "implicit" },
    () => "tls=implicit",
    "unavailable",
    /certificate|UnknownIssuer/i,
  ],
  [
    "a server without the STARTTLS that is required",
    { tls: "none" },
    () => "tls=required",
    "denied",
    /STARTTLS/,
  ],
  [
    "a wrong password",
    { tls: "offered", login: LOGIN },
    (bench) => `${bench.ca}&username=bob&password=hunter22`,
    "denied",
    /Invalid (login|username)/,
  ],
  [
    "a server that asks for a login",
    { tls: "offered", login: LOGIN },
    (bench) => bench.ca,
    "denied",
    /530|authenticat/i,
  ],
  [
    "a recipient that is refused",
    {
      tls: "none",
      settings: {
        onRcptTo: (_address, _session, done) =>
          done(Object.assign(new Error("No such user"), { responseCode: 550 })),
      },
    },
    () => "",
    "denied",
    /550 No such user/,
  ],
  [
    "a server that is busy",
    {
      tls: "none",
      settings: {
        onMailFrom: (_address, _session, done) =>
          done(Object.assign(new Error("Later"), { responseCode: 451 })),
      },
    },
    () => "",
    "unavailable",
    /451 Later/,
  ],
];

for (const [name, options, query, code, says] of FAILURES) {
  Deno.test(`MailNotifier takes ${name} for a failure`, async () => {
    await using bench = await Bench.create(options);
    const notifier = await bench.open(query(bench));
    const error = await failure(notifier.send(notice(), NEVER));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    assert.ok(error.hint !== undefined);
    assert.ok(!error.message.includes("hunter22"));
    assert.equal(bench.server.mails.length, 0);
  });
}

Deno.test("MailNotifier tells that one of several recipients is refused", async () => {
  await using bench = await Bench.create({
    tls: "none",
    settings: {
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith("no")
          ? done(Object.assign(new Error("No"), { responseCode: 550 }))
          : done(),
    },
  });
  const { port } = bench.server;
  const notifier = await MailNotifier.open(
    `mail://127.0.0.1:${port}/yes@example.com,no@example.com?from=a@b.c`,
    { origin: ORIGIN, env: {} },
  );
  const error = await failure(notifier.send(notice(), NEVER));
  assert.equal(error.code, "denied");
  assert.match(error.message, /refuses 1 of the recipients/);
  assert.deepEqual(bench.server.mails[0]?.to, ["yes@example.com"]);
});

Deno.test("MailNotifier leaves a server that hangs when it is told to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const notifier = await MailNotifier.open(
    `mail://127.0.0.1:${listener.addr.port}/a@b.c?from=a@b.c`,
    { origin: ORIGIN, env: {} },
  );
  const controller = new AbortController();
  const sending = notifier.send(notice(), controller.signal);
  using connection = await accepted;
  controller.abort(new SourceError("timeout", "It took too long"));
  const error = await failure(sending);
  assert.equal(error.code, "timeout");
  // It has left for good.
  assert.equal(await connection.read(new Uint8Array(1)), null);
});

Deno.test("MailNotifier can be tried again when nobody answers", async () => {
  await using bench = await Bench.create({ tls: "none" });
  const notifier = await bench.open();
  await bench.server[Symbol.asyncDispose]();
  const error = await failure(notifier.send(notice(), NEVER));
  assert.equal(error.code, "unavailable");
});

async function failure(sending: Promise<void>): Promise<SourceError> {
  try {
    await sending;
  } catch (error) {
    assert.ok(error instanceof SourceError, String(error));
    return error;
  }
  assert.fail("it was taken");
}
