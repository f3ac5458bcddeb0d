import {
  GrpcFaultProxy,
  type GrpcProxyFault,
} from "../support/grpc_fault_proxy.ts";
import type { GrpcServer, GrpcServerState } from "../support/grpc_server.ts";
import { ProxiedFaults } from "./proxied_faults.ts";
import type { FaultInjector, FaultTarget } from "./registry_harness.ts";

/** What the server itself answers, by the name of the fault. */
const ANSWERS: Readonly<Record<string, GrpcServerState>> = {
  UNAVAILABLE: { error: { code: "UNAVAILABLE", details: "shutting down" } },
  INTERNAL: { error: { code: "INTERNAL", details: "out of order" } },
  RESOURCE_EXHAUSTED: {
    error: {
      code: "RESOURCE_EXHAUSTED",
      details: "too many calls",
      metadata: { "grpc-retry-pushback-ms": "7000" },
    },
  },
  DEADLINE_EXCEEDED: { error: { code: "DEADLINE_EXCEEDED" } },
  slow: { delay: 2 },
};

/** Faults of a gRPC server, of what is in front of it, and of the web server that has the artifacts. */
export class GrpcFaults implements FaultInjector, AsyncDisposable {
  readonly #server: GrpcServer;
  readonly #proxy: GrpcFaultProxy;
  readonly #web = new ProxiedFaults();
  readonly #tell: (state: GrpcServerState) => Promise<void>;
  #callsBefore: number | undefined;

  /** @param tell Lets the server answer in this way, beside what it knows. */
  constructor(
    server: GrpcServer,
    tell: (state: GrpcServerState) => Promise<void>,
  ) {
    this.#server = server;
    this.#proxy = new GrpcFaultProxy(server.address);
    this.#tell = tell;
  }

  /** Where the registry is, host and port. */
  get address(): string {
    return this.#proxy.address;
  }

  /** Returns the address of what stands in front of a web server. */
  frontOf(web: string): string {
    return this.#web.front(web, () => "bytes");
  }

  async set(target: FaultTarget, fault: string): Promise<void> {
    if (target === "bytes") return await this.#web.set(target, fault);
    const state = ANSWERS[fault];
    if (state === undefined) this.#proxy.fault = fault as GrpcProxyFault;
    else {
      this.#callsBefore = (await this.#server.calls()).length;
      await this.#tell(state);
    }
  }

  async clear(): Promise<void> {
    await this.#web.clear();
    this.#proxy.fault = undefined;
    await this.#tell({});
  }

  async met(): Promise<number> {
    const calls = this.#callsBefore === undefined
      ? 0
      : (await this.#server.calls()).length - this.#callsBefore;
    return calls + this.#proxy.met + this.#web.met();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
    await this.#web[Symbol.asyncDispose]();
  }
}
