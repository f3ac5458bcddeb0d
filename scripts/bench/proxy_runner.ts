/**
 * One plane of the proxy in a process of its own, for scripts/bench/proxy.ts
 * and for tests of what it takes. Prints what an operator would hear.
 *
 *     deno run -A scripts/bench/proxy_runner.ts tcp|http PORT BACKEND_PORT [LIMITS]
 *     deno run -A scripts/bench/proxy_runner.ts https PORT BACKEND_PORT LIMITS CERT KEY
 *
 * @module
 */
import { Balancer } from "../../src/proxy/balancer.ts";
import { type Certificate, HttpFront } from "../../src/proxy/http/front.ts";
import { NO_METER } from "../../src/proxy/meter.ts";
import { TcpPlane } from "../../src/proxy/tcp/plane.ts";
import { print } from "../print.ts";

/** Starts a plane that serves `port` until the process ends. */
type StartPlane = (port: number, balancer: Balancer) => void;

const hostname = "127.0.0.1";
const [plane = "", port, backendPort, limitsText = "{}", ...pair] = Deno.args;
/** As a JSON object. */
const otherLimits: Readonly<Record<string, number>> = JSON.parse(limitsText);

const PLANES: Readonly<Record<string, StartPlane>> = {
  tcp: (port, balancer) => {
    new TcpPlane({
      listener: Deno.listen({ hostname, port }),
      balancer,
      limits: {
        connectTimeoutMs: 5_000,
        idleTimeoutMs: 300_000,
        maxConnections: 10_000,
        holdMs: 0,
      },
      tell: ({ kind }) => print(`${kind}\n`),
    });
  },
  http: (port, balancer) => startHttp(port, balancer),
  https: (port, balancer) => {
    const [cert = "", key = ""] = pair.map((path) =>
      Deno.readTextFileSync(path)
    );
    startHttp(port, balancer, { cert, key });
  },
};

function startHttp(
  port: number,
  balancer: Balancer,
  certificate?: Certificate,
): void {
  new HttpFront({
    listener: Deno.listen({ hostname, port }),
    balancer,
    meter: NO_METER,
    isTrusted: () => false,
    limits: {
      connectTimeoutMs: 5_000,
      idleTimeoutMs: 60_000,
      bodyTimeoutMs: 30_000,
      headerTimeoutMs: 10_000,
      maxConnections: 10_000,
      holdMs: 0,
      ...otherLimits,
    },
    tell: ({ kind }) => print(`${kind}\n`),
    ...(certificate === undefined ? {} : { certificate }),
  });
}

const start = PLANES[plane];
if (start === undefined) throw new Error(`No plane is called "${plane}"`);
const balancer = new Balancer();
balancer.replace([
  { id: "backend", hostname, port: Number(backendPort), state: "ready" },
]);
start(Number(port), balancer);
// As dewy does: the runtime opens what it needs for signals with the first
// listener, and dies when it must later and there is no descriptor left.
Deno.addSignalListener("SIGTERM", () => Deno.exit());
print("listening\n");
