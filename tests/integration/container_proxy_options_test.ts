import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import { ContainerBench } from "../support/container_bench.ts";
import type { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { listeningAddresses } from "../support/listening_addresses.ts";
import { TempDir } from "../support/temp_dir.ts";
import { readText, say } from "../support/tcp_bench.ts";
import { Http2Client, issue } from "../support/tls_bench.ts";

const DONE = "Container deployment completed";
/** Asks for a WebSocket; what the application answers, which has none. */
async function askForSocket(url: string, ca: string): Promise<string> {
  const socket = new WebSocket(url, [], { ca });
  const [, response] = await once(socket, "unexpected-response");
  return `${response.statusCode} ${await text(response)}`;
}

/** The lines of the access log so far. */
function accessLog(dewy: DewyProcess): readonly Record<string, unknown>[] {
  return dewy.output().filter((line) => line.startsWith("{")).map((line) =>
    JSON.parse(line)
  );
}

Deno.test("the proxy of dewy container does what the command line says", async () => {
  await using bench = await ContainerBench.start("docker");
  await using folder = await TempDir.create();
  const [cert, key] = [folder.join("cert.pem"), folder.join("key.pem")];
  const [first, second] = [await issue(), await issue()];
  await Deno.writeTextFile(cert, first.cert);
  await Deno.writeTextFile(key, first.key);
  await bench.publish("v1.0.0", { env: { START_MS: "4000" } });
  await using dewy = bench.dewy(
    ...["--port", `${bench.otherPort}:8080/tcp`, "--proxy-workers", "2"],
    ...["--tls-cert", cert, "--tls-key", key, "--hold-time", "1m"],
    ...["--access-log", "json", "--health-path", "/healthz"],
  );
  await dewy.waitForLog("All TCP proxies started successfully", { count: 2 });
  const url = `https://localhost:${bench.port}/`;
  using client = Deno.createHttpClient({ caCerts: [first.ca], http2: false });
  using plain = await Deno.connect({
    hostname: "127.0.0.1",
    port: bench.otherPort,
  });
  const held = fetch(`${url}?token=abc`, { client });
  await say(plain, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const heard = readText(plain, 12);
  assert.deepEqual(dewy.logs(DONE), [], "nobody is there to answer yet");
  assert.equal(await (await held).text(), "v1.0.0");
  assert.equal(await heard, "HTTP/1.1 200");
  for (const port of [bench.port, bench.otherPort]) {
    assert.equal((await listeningAddresses([port])).length, 2);
  }
  {
    await using http2 = await Http2Client.open(url, first.ca);
    assert.equal((await http2.get("/")).body, "v1.0.0");
  }
  const log = await eventually(() => {
    const lines = accessLog(dewy);
    return lines.length === 2 && lines;
  }, { message: "both requests are in the access log" });
  assert.deepEqual(
    log.map(({ client, target, protocol, status, bytes }) =>
      [client, target, protocol, status, bytes].join(" ")
    ),
    ["127.0.0.1 /?token=*** HTTP/1.1 200 6", "127.0.0.1 / HTTP/2.0 200 6"],
  );
  const socketUrl = url.replace("https:", "wss:");
  assert.equal(await askForSocket(socketUrl, first.ca), "200 v1.0.0");
  await Deno.writeTextFile(cert, second.cert);
  await Deno.writeTextFile(key, second.key);
  await dewy.waitForLog("Certificate renewed", { path: cert });
  await using renewed = await Http2Client.open(url, second.ca);
  assert.equal((await renewed.get("/")).body, "v1.0.0");
  // What is open has the time to drain, and an end after it.
  await bench.publish("v1.1.0");
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  const removed = await dewy.waitForLog("Backend removed from TCP proxy", {
    proxy_port: bench.otherPort,
  });
  const rest = await readText(plain);
  const openMs = Date.now() - Date.parse(removed.time);
  assert.ok(rest.endsWith("v1.0.0"), rest);
  assert.ok(openMs >= 4_500, `${openMs} ms`);
  await dewy.waitForLog(DONE, { tag: "v1.1.0" });
  assert.equal((await renewed.get("/")).body, "v1.1.0");
});
