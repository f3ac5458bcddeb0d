/**
 * dewy in watch mode on a local registry: publishes a first release of a small
 * server, runs `dewy server` from source, and starts it again after each change
 * of the code. Publish further versions by hand to see them deployed.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { ServerBench } from "../tests/support/server_bench.ts";
import { DEWY_FLAGS } from "./runtime_flags.ts";
import { print } from "./print.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));

await using bench = await ServerBench.create();
await bench.publish("v0.1.0", { checksum: "right" });
print(`registry  ${bench.registry.path}
workdir   ${bench.workdir}
server    http://127.0.0.1:${bench.port}/
publish   cp -r ${bench.registry.path}/v0.1.0 ${bench.registry.path}/v0.2.0
stop      Ctrl-C

`);
const child = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "--watch",
    ...DEWY_FLAGS,
    "--config",
    CONFIG,
    MAIN,
    ...bench.serverArgs({ args: ["--log-level", "debug"] }),
  ],
  cwd: bench.workdir,
  stdin: "null",
}).spawn();
// The terminal sends Ctrl-C to the child too; whoever ends this script by hand means both.
const stop = () => child.kill("SIGTERM");
Deno.addSignalListener("SIGTERM", stop);
Deno.addSignalListener("SIGINT", stop);
await child.status;
Deno.removeSignalListener("SIGTERM", stop);
Deno.removeSignalListener("SIGINT", stop);
