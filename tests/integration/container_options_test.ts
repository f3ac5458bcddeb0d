import assert from "node:assert/strict";
import { ContainerBench } from "../support/container_bench.ts";
import { ENGINE_KINDS } from "../support/engine.ts";

const DONE = "Container deployment completed";

/** What is looked at of a container, in the engine's own words. */
interface Inspected {
  readonly Name: string;
  readonly Config: {
    readonly Hostname: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly WorkingDir: string;
    readonly StopSignal: string | number;
    readonly Cmd: readonly string[];
    readonly Healthcheck?: { readonly Test: readonly string[] };
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number;
    readonly ShmSize: number;
    readonly ReadonlyRootfs: boolean;
    readonly Init?: boolean;
    readonly Dns: readonly string[];
    readonly ExtraHosts: readonly string[];
    readonly Tmpfs: Readonly<Record<string, string>>;
    readonly Binds: readonly string[];
    readonly LogConfig: { readonly Type: string };
    readonly RestartPolicy: { readonly Name: string };
    readonly Ulimits: readonly {
      readonly Name: string;
      readonly Soft: number;
    }[];
  };
  readonly NetworkSettings: {
    readonly Networks: Readonly<
      Record<string, { readonly Aliases?: readonly string[] }>
    >;
  };
}

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: options of docker run reach the containers`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0", { user: "1234:1234" });
    await bench.engine.createNetwork("backend");
    await Deno.writeTextFile(bench.folder.join("app.env"), "SHAPE=round\n");
    const hasInit = kind === "docker";
    const options = [
      ...["-e", "COLOR=blue", "--env-file", "app.env"],
      ...["--network", "backend", "--network-alias", "web"],
      ...["-v", "data:/data", "--tmpfs", "/scratch", "--read-only"],
      ...["-m", "96m", "--cpus", "1.5", "--pids-limit", "90"],
      ...["--shm-size", "32m", "--ulimit", "nofile=512:1024"],
      // Podman asks for more than some hosts may give, when others are given.
      ...["--ulimit", "nproc=1024"],
      // Podman needs a package for it that is not everywhere.
      ...(hasInit ? ["--init"] : []),
      ...["-h", "shop", "-w", "/data", "-l", "team=web", "--name", "shop"],
      ...["--dns", "192.0.2.53", "--add-host", "db:192.0.2.7"],
      ...["--log-driver", "json-file", "--restart", "on-failure"],
      ...["--stop-signal", "SIGINT", "--stop-timeout", "2"],
      ...["--health-cmd", "/app"],
    ];
    await using dewy = bench.dewy("--cmd", "serve", "--", ...options);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    // As whom dewy runs, whatever the image says.
    assert.equal(await bench.ask("/id"), `${Deno.uid()}:${Deno.gid()}`);
    assert.equal(await bench.ask("/env?name=COLOR"), "blue");
    assert.equal(await bench.ask("/env?name=SHAPE"), "round");
    const [container] = await bench.settles(1, "v1.0.0");
    const path = `/containers/${container?.Id}/json`;
    const inspected: Inspected = JSON.parse(await bench.request("GET", path));
    assertOptions(inspected);
    assert.equal(inspected.HostConfig.Init ?? false, hasInit);
  });

  Deno.test(`${kind}: containers run as dewy's own user and group, whatever the image says`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0", { user: "1234:1234" });
    await using dewy = bench.dewyAs(4711, {});
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    assert.equal(await bench.ask("/id"), `${Deno.uid()}:4711`);
  });

  Deno.test(`${kind}: --user says as whom containers run`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0", { user: "1234:1234" });
    for (
      const [user, shown] of [["77:78", "77:78"], ["", "1234:1234"]] as const
    ) {
      await using dewy = bench.dewy("--", "--user", user);
      await dewy.waitForLog(DONE, { tag: "v1.0.0" });
      assert.equal(await bench.ask("/id"), shown);
      await dewy.crash();
    }
  });
}

function assertOptions(
  { Name, Config, HostConfig, NetworkSettings }: Inspected,
): void {
  assert.match(Name, /^\/?shop-\d{10}-0$/);
  assert.equal(Config.Hostname, "shop");
  assert.equal(Config.Labels["team"], "web");
  assert.equal(Config.Labels["dewy.app"], "web");
  assert.equal(Config.WorkingDir, "/data");
  assert.ok(["SIGINT", 2, "2"].includes(Config.StopSignal));
  assert.deepEqual(Config.Cmd, ["serve"]);
  assert.deepEqual(Config.Healthcheck?.Test, ["CMD-SHELL", "/app"]);
  const { Memory, NanoCpus, PidsLimit, ShmSize } = HostConfig;
  assert.deepEqual(
    { Memory, NanoCpus, PidsLimit, ShmSize },
    {
      Memory: 96 << 20,
      NanoCpus: 1.5e9,
      PidsLimit: 90,
      ShmSize: 32 << 20,
    },
  );
  assert.ok(HostConfig.ReadonlyRootfs);
  assert.deepEqual(HostConfig.Dns, ["192.0.2.53"]);
  assert.deepEqual(HostConfig.ExtraHosts, ["db:192.0.2.7"]);
  // With a read-only root Podman adds some of its own.
  assert.ok("/scratch" in HostConfig.Tmpfs);
  assert.match(HostConfig.Binds.join(), /data:\/data/);
  assert.equal(HostConfig.LogConfig.Type, "json-file");
  assert.equal(HostConfig.RestartPolicy.Name, "on-failure");
  const limit = HostConfig.Ulimits.find(({ Name }) => /nofile/i.test(Name));
  assert.equal(limit?.Soft, 512);
  const { backend } = NetworkSettings.Networks;
  assert.ok(backend?.Aliases?.includes("web"));
}
