/**
 * Prints what notifiers and metrics cost: resident memory of an idle
 * `dewy assets` as it ships after a while of polling, and the time of one tick
 * with nothing to do, without them and with each.
 *
 * @module
 */
import { delay } from "../../tests/support/delay.ts";
import { RegistryFolder } from "../../tests/support/registry_folder.ts";
import { SlackServer } from "../../tests/support/slack_server.ts";
import { MailServer } from "../../tests/support/smtp_server.ts";
import { makeCertificates } from "../../tests/support/certificates.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { WebhookServer } from "../../tests/support/webhook_server.ts";
import { bundleInto } from "../bundle.ts";
import { print } from "../print.ts";
import { DEWY_FLAGS, UNSTABLE_FLAGS } from "../runtime_flags.ts";

const ROUNDS = 5;
const SETTLE_MS = 8_000;
const COLLECTOR = "http://127.0.0.1:4318";

/** How dewy is run. */
interface Run {
  readonly dewy: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

async function residentMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

function start(args: readonly string[], { dewy, cwd, env }: Run) {
  return new Deno.Command(Deno.execPath(), {
    args: [...dewy, ...args],
    cwd,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Returns the memory of a dewy that has polled for a while. */
async function idleMb(args: readonly string[], run: Run): Promise<number> {
  const child = start([...args, "--interval", "1s"], run);
  try {
    await delay(SETTLE_MS);
    return await residentMb(child.pid);
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

async function tickMs(args: readonly string[], run: Run): Promise<number> {
  const startedAt = performance.now();
  const { code } = await start([...args, "--once"], run).status;
  if (code !== 0) throw new Error(`dewy ${args.join(" ")} ended with ${code}`);
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function measureAll(
  variants: Readonly<Record<string, readonly string[]>>,
  { run, args }: { readonly run: Run; readonly args: readonly string[] },
): Promise<void> {
  const memory = new Map<string, number[]>();
  const times = new Map<string, number[]>();
  // The first one deploys.
  await tickMs(args, run);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, options] of Object.entries(variants)) {
      const all = [...args, ...options];
      const ms = await tickMs(all, run);
      times.set(name, [...times.get(name) ?? [], ms]);
      if (round > 2) continue;
      const mb = await idleMb(all, run);
      memory.set(name, [...memory.get(name) ?? [], mb]);
    }
  }
  for (const name of Object.keys(variants)) {
    const mb = median(memory.get(name) ?? []).toFixed(1);
    const ms = median(times.get(name) ?? []).toFixed(0);
    print(`${name.padEnd(36)}${mb} MB, one tick and exit ${ms} ms\n`);
  }
}

await using temp = await TempDir.create();
await using slack = new SlackServer();
await using webhook = new WebhookServer();
await using mail = await MailServer.start({
  tls: "none",
  certificates: await makeCertificates(temp.path),
});
const registry = await RegistryFolder.create(temp.join("registry"));
await registry.publish("v1.0.0", { files: { "index.html": "hello" } });
const cwd = temp.join("work");
await Deno.mkdir(cwd);
const main = await bundleInto(temp.join("bundle"));
const dewy = ["run", "--no-config", ...UNSTABLE_FLAGS, ...DEWY_FLAGS, main];
await measureAll({
  "nobody is told": [],
  "a webhook": ["--notifier", `webhook://127.0.0.1:${webhook.port}/`],
  "Slack": ["--notifier", "slack://deploys"],
  "mail": [
    "--notifier",
    `mail://127.0.0.1:${mail.port}/ops@example.com?from=a@b.c`,
  ],
  "--telemetry": ["--telemetry"],
  "--telemetry, pushed by HTTP": ["--otlp-endpoint", COLLECTOR],
  "--telemetry, pushed by gRPC": [
    "--otlp-endpoint",
    "127.0.0.1:4317",
    "--otlp-insecure",
  ],
}, {
  run: { dewy, cwd, env: slack.env },
  args: ["assets", "--registry", registry.url],
});
