import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import { keepCertificate } from "../../../src/cli/keep_certificate.ts";
import type { Certificate } from "../../../src/proxy/http/front.ts";
import { eventually } from "../../support/eventually.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { issue } from "../../support/tls_bench.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

async function write(folder: TempDir, pair: Certificate): Promise<void> {
  await Deno.writeTextFile(folder.join("cert.pem"), pair.cert);
  await Deno.writeTextFile(folder.join("key.pem"), pair.key);
}

Deno.test("a certificate that the proxy refuses is told, and the next one used", async () => {
  const [first, second, third] = [await issue(), await issue(), await issue()];
  await using folder = await TempDir.create();
  await write(folder, first);
  const paths = { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
  const clock = new VirtualClock();
  const events: DeployEvent[] = [];
  const used: string[] = [];
  const renew = ({ cert }: Certificate) => {
    if (cert === second.cert) return Promise.reject(new Error("Refused"));
    used.push(cert);
    return Promise.resolve();
  };
  await using _ = keepCertificate(paths, first, {
    proxy: { renew },
    emit: (event) => events.push(event),
    clock,
  });
  for (const [index, pair] of [second, third].entries()) {
    await write(folder, pair);
    await eventually(async () => {
      await clock.run(3_000);
      return events.length > index;
    }, { message: "it is told" });
  }
  const { cert: path } = paths;
  assert.deepEqual(events, [
    { type: "certificate-unusable", path, error: new Error("Refused") },
    { type: "certificate-renewed", path },
  ]);
  assert.deepEqual(used, [third.cert]);
});
