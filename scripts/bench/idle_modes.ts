import { ContainerBench } from "../../tests/support/container_bench.ts";
import { delay } from "../../tests/support/delay.ts";
import { DewyProcess } from "../../tests/support/dewy_process.ts";
import { PROGRAM_VARIABLE } from "../../tests/support/dewy_program.ts";
import { RegistryFolder } from "../../tests/support/registry_folder.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";

/** Idle memory of dewy in one mode, with all its isolates; that of what it runs is not in it. */
export interface IdleMode {
  readonly what: string;
  /** After a deploy, MB. */
  readonly deployedMb: number;
  /** Started again, with nothing to do, MB. */
  readonly pollingMb: number;
}

/** How dewy is measured. */
export interface IdleOptions {
  /** The main script of the bundle. */
  readonly main: string;
  /** How long it is left alone before, milliseconds. */
  readonly settleMs: number;
}

/** Returns the resident memory of a process, MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Measures `dewy assets` on a folder, and `dewy container` on a real engine with a registry of its own. */
export async function measureModes(
  { main, settleMs }: IdleOptions,
): Promise<readonly IdleMode[]> {
  Deno.env.set(PROGRAM_VARIABLE, main);
  return [
    await measureAssets(settleMs),
    ...await measureContainers(settleMs),
  ];
}

async function measureAssets(settleMs: number): Promise<IdleMode> {
  await using folder = await TempDir.create();
  const cwd = folder.join("work");
  await Deno.mkdir(cwd);
  const registry = await RegistryFolder.create(folder.join("registry"));
  await registry.publish("v1.0.0", { checksum: "right" });
  const args = ["assets", "--registry", registry.url, "--interval", "1s"];
  return await measure("dewy assets", settleMs, {
    start: () => DewyProcess.start({ cwd, args }),
    deployed: "Deployment completed successfully",
  });
}

async function measureContainers(
  settleMs: number,
): Promise<readonly IdleMode[]> {
  await using bench = await ContainerBench.start("podman");
  const planes = {
    "HTTP proxy": [],
    "HTTP proxy in 2 isolates": ["--proxy-workers", "2"],
    "HTTP and TCP proxy": ["--port", `${bench.otherPort}:8080/tcp`],
  };
  const modes: IdleMode[] = [];
  for (const [at, [plane, args]] of Object.entries(planes).entries()) {
    await bench.publish(`v1.${at}.0`);
    modes.push(
      await measure(`dewy container, ${plane}`, settleMs, {
        start: () => bench.dewy(...args),
        deployed: "Container deployment completed",
      }),
    );
  }
  return modes;
}

interface Subject {
  readonly start: () => DewyProcess;
  /** What the log says after a deploy. */
  readonly deployed: string;
}

/** Deploys once, so that there is nothing left to do, and then starts dewy again. */
async function measure(
  what: string,
  settleMs: number,
  { start, deployed }: Subject,
): Promise<IdleMode> {
  const settled = async (msg: string): Promise<number> => {
    await using dewy = start();
    await dewy.waitForLog(msg, {}, { timeoutMs: 60_000 });
    await delay(settleMs);
    const mb = await residentMb(dewy.pid);
    dewy.kill("SIGTERM");
    await dewy.exited;
    return mb;
  };
  const deployedMb = await settled(deployed);
  const pollingMb = await settled("Deploy skipped");
  return { what, deployedMb, pollingMb };
}
