import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { HttpBackend, ok } from "../support/http_backend.ts";
import { HttpBench } from "../support/http_bench.ts";
import { TempDir } from "../support/temp_dir.ts";

async function curl(...args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("curl", {
    args: ["-sS", "--noproxy", "*", "--max-time", "20", ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("curl is served, with bodies of every kind", async () => {
  using backend = new HttpBackend(({ line, body }) => {
    if (!line.includes("/gzip")) {
      return ok(`${line.split(" ")[0]} ${body.length}`);
    }
    const bytes = Array.from(
      gzipSync("plain text"),
      (byte) => String.fromCharCode(byte),
    );
    return ok(bytes.join(""), "Content-Encoding: gzip");
  });
  await using bench = new HttpBench([backend.as()]);
  const { url } = bench;
  await using temp = await TempDir.create();
  const file = temp.join("file");
  await Deno.writeTextFile(file, "x".repeat(3_000_000));
  assert.equal(await curl(url), "GET 0");
  assert.equal(await curl("-X", "DELETE", url), "DELETE 0");
  assert.equal(await curl("-X", "POST", url), "POST 0");
  assert.equal(await curl("-d", "a=b", url), "POST 3");
  assert.equal(await curl("-T", file, url), "PUT 3000000");
  const chunked = ["-H", "Transfer-Encoding: chunked", "-T", file, url];
  assert.equal(await curl(...chunked), "PUT 3000000");
  const expecting = ["-H", "Expect: 100-continue", "--data-binary", `@${file}`];
  assert.equal(await curl(...expecting, url), "POST 3000000");
  assert.equal(await curl("--http1.0", url), "GET 0");
  assert.equal(await curl("--compressed", `${url}/gzip`), "plain text");
  assert.match(await curl("-I", url), /^HTTP\/1\.1 200 OK\r\n/);
  // Two requests of one run go over one connection.
  assert.equal(await curl(url, url), "GET 0GET 0");
  assert.deepEqual(backend.cuts, []);
});
