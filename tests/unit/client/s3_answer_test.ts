import { equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { S3Store } from "../../../src/client/s3_store.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;
const PAGE =
  "<html>\r\n<head><title>nginx</title></head>\r\n<body><hr><center>nginx</center>\r\n</body></html>\r\n";
const LONG = `<Error><Code>SlowDown</Code><Message>${
  "x".repeat(70_000)
}</Message></Error>`;
const XML = "<Error><Code>SlowDown</Code></Error>";

/** A service that answers every request the same way, and a store that asks it. */
function serve(answer: () => Response) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.body?.pipeTo(new WritableStream());
      return answer();
    },
  );
  const endpoint = `http://127.0.0.1:${server.addr.port}`;
  const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const store = new S3Store({ region: "r", bucket: "b", endpoint, env });
  return { store, [Symbol.asyncDispose]: () => server.shutdown() };
}

const ANSWERS = [
  ["a page of a proxy", PAGE, 503, "unavailable", 7000],
  ["a page of a proxy", PAGE, 502, "unavailable", 7000],
  ["a page of a proxy", PAGE, 403, "denied", 7000],
  ["a page of a proxy", PAGE, 404, "invalid", 0],
  ["too much XML", LONG, 503, "unavailable", 7000],
  ["XML", XML, 503, "unavailable", 7000],
  ["nothing", "", 503, "unavailable", 7000],
] as const;

for (const [name, body, status, code, retryAfterMs] of ANSWERS) {
  Deno.test(`S3Store goes by the status that comes with ${name}: ${status} is ${code}`, async () => {
    const headers = { "content-type": "text/html", "retry-after": "7" };
    await using service = serve(() => new Response(body, { status, headers }));
    const { store } = service;
    await using dir = await TempDir.create();
    await Deno.writeTextFile(dir.join("file"), "x");
    const options = { contentType: "text/plain", signal: NEVER };
    const attempts = [
      () => store.listFolders("", NEVER),
      () => store.readText("k", NEVER),
      () => store.open("k", NEVER),
      () => store.write("k", new Uint8Array(1), options),
      () => store.writeFile("k", dir.join("file"), NEVER),
    ];
    for (const [index, attempt] of attempts.entries()) {
      await rejects(attempt(), (error) => {
        ok(error instanceof SourceError, String(error));
        equal(error.code, code, `${index}: ${error.message}`);
        equal(error.retryAfterMs, retryAfterMs, `${index}`);
        ok(!error.message.includes("nginx"), error.message);
        return true;
      });
    }
  });
}

/** Answers with so many bytes of blanks, after `begin`. */
function serveBlanks(begin: string, bytes: number) {
  const sent = { bytes: 0 };
  const service = serve(() => {
    sent.bytes = 0;
    return new Response(
      new ReadableStream({
        start: (controller) =>
          controller.enqueue(new TextEncoder().encode(begin)),
        pull(controller) {
          if (sent.bytes >= bytes) return controller.close();
          sent.bytes += MIB;
          controller.enqueue(new Uint8Array(MIB).fill(0x20));
        },
      }),
      { headers: { "content-type": "application/xml" } },
    );
  });
  return { ...service, sent };
}

Deno.test("S3Store reads no more than 16 MiB of a listing", async () => {
  const begin = '<?xml version="1.0"?><ListBucketResult>';
  await using service = serveBlanks(begin, 200 * MIB);
  await rejects(service.store.listFolders("app/", NEVER), {
    name: "SourceError",
    code: "invalid",
    message: 'Cannot list "s3://b/app/": The answer is larger than 16 MiB',
  });
  ok(service.sent.bytes < 60 * MIB, `${service.sent.bytes}`);
});

Deno.test("S3Store reads objects of any size", async () => {
  await using service = serveBlanks("", 20 * MIB);
  const { stream } = await service.store.open("k", NEVER);
  let length = 0;
  for await (const part of stream) length += part.length;
  equal(length, 20 * MIB);
});
