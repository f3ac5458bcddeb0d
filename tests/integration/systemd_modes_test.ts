import assert from "node:assert/strict";
import { join } from "node:path";
import { ContainerBench } from "../support/container_bench.ts";
import { eventually } from "../support/eventually.ts";
import { RegistryFolder } from "../support/registry_folder.ts";
import { dewyInside, printedUnit } from "../support/systemd_dewy.ts";
import { SystemdHost } from "../support/systemd_host.ts";
import { TempDir } from "../support/temp_dir.ts";

const SITE = "/srv/site";
const WEB = "/srv/web";
const REGISTRY = "/srv/registry";
const ENGINE = "/srv/engine.sock";
// Every Debian has it.
const USER = "daemon";
const UID = 1;

Deno.test("assets mode does all its work in the sandbox of its unit, hooks too, and writes nowhere else", async () => {
  await using dir = await TempDir.create();
  const registry = await RegistryFolder.create(dir.join("registry"));
  await registry.publish("v1.0.0", { checksum: "right" });
  const workdir = dir.join("work");
  await Deno.mkdir(workdir);
  await Deno.chown(workdir, UID, UID);
  const { environment, shown } = await dewyInside(dir.join("dewy"));
  const hook =
    "id -un > hook.txt; touch /srv/outside || echo refused >> hook.txt";
  const unit = await printedUnit({
    flags: ["--unit", "site", "--run-as", USER],
    line: [
      ...["assets", "--registry", `file://${REGISTRY}`, "--interval", "200ms"],
      ...["--after-deploy-hook", hook],
    ],
    outside: workdir,
    inside: SITE,
  });
  await using host = await SystemdHost.start({
    units: {
      "site.service": unit,
      "site.service.d/test.conf": `[Service]\n${environment}`,
    },
    shared: { [SITE]: workdir, [REGISTRY]: registry.path },
    shown,
  });
  await host.run("systemctl", "start", "site.service");
  await host.waitFor("site.service", "StatusText", "v1.0.0 is deployed");
  await registry.publish("v1.1.0", { checksum: "right" });
  await host.waitFor("site.service", "StatusText", "v1.1.0 is deployed");
  const releases = await Array.fromAsync(
    Deno.readDir(join(workdir, "releases")),
  );
  assert.equal(releases.length, 2);
  const told = await Deno.readTextFile(join(workdir, "hook.txt"));
  assert.equal(told, `${USER}\nrefused\n`);
  await stops(host, "site.service");
});

Deno.test("container mode rolls out in the sandbox of its unit, and drains when it is stopped", async () => {
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  const { path } = bench.folder;
  await using dir = await TempDir.create();
  const { environment, shown } = await dewyInside(dir.join("dewy"));
  const unit = await printedUnit({
    flags: ["--unit", "web"],
    line: [
      ...["container", "--registry", `img://${bench.repository}`],
      ...["--port", `${bench.port}`, "--interval", "1"],
      ...["--admin-port", `${bench.adminPort}`, "--drain-time", "5"],
    ],
    outside: path,
    inside: WEB,
  });
  await using host = await SystemdHost.start({
    units: {
      "web.service": unit,
      "web.service.d/test.conf":
        `[Service]\n${environment}Environment=DOCKER_HOST=unix://${ENGINE}\n`,
    },
    shared: { [WEB]: path, [ENGINE]: bench.engine.socket },
    shown,
  });
  await host.run("systemctl", "start", "web.service");
  await bench.answers("v1.0.0");
  await bench.publish("v1.1.0");
  await bench.answers("v1.1.0");
  await host.waitFor("web.service", "StatusText", "v1.1.0 is deployed");
  const asked = bench.ask("/slow?ms=1000");
  await stops(host, "web.service");
  assert.equal(await asked, "v1.1.0");
  await eventually(async () => (await bench.containers()).length === 0, {
    message: "the containers are gone",
  });
});

/** A clean end, of which systemd has nothing to complain. */
async function stops(host: SystemdHost, unit: string): Promise<void> {
  await host.run("systemctl", "stop", unit);
  assert.equal(await host.property(unit, "Result"), "success");
  const journal = await host.run("journalctl", "--no-pager", `-u${unit}`);
  assert.doesNotMatch(journal, /Special user|Unknown (?:key|lvalue)|Failed to/);
}
