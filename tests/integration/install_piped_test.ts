import assert from "node:assert/strict";
import { INSTALL_SCRIPT, InstallHost } from "../support/install_host.ts";

for (const shell of ["dash", "busybox ash", "bash --posix"]) {
  Deno.test(`curl | ${shell}: install.sh installs from a pipe`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({ version: "1.2.3" });
    const piped = ["sh", "-c", `cat "$1" | ${shell}`, "sh"] as const;
    const { code, output } = await host.install({ shell: piped });
    assert.equal(code, 0, output);
    assert.equal(await host.installed(), "1.2.3");
    const removing = `cat "$1" | ${shell} -s -- --uninstall`;
    const removed = await host.install({ shell: ["sh", "-c", removing, "sh"] });
    assert.equal(removed.code, 0, removed.output);
    assert.deepEqual(await host.names(), []);
  });

  Deno.test(`curl | ${shell}: an install.sh that is cut short does nothing`, async () => {
    await using host = await InstallHost.create();
    host.releases.publish({ version: "1.2.3" });
    const { size } = await Deno.stat(INSTALL_SCRIPT);
    const ends = Array.from({ length: 18 }, (_, left) => size - 2 - left);
    const cuts = [100, size >> 2, size >> 1, size - 200, ...ends];
    for (const bytes of cuts) {
      const cut = `head -c ${bytes} "$1" | ${shell}`;
      const { output } = await host.install({ shell: ["sh", "-c", cut, "sh"] });
      assert.deepEqual(host.releases.requests, [], `${bytes}: ${output}`);
      await assert.rejects(host.names(), Deno.errors.NotFound);
    }
  });
}
