import { FaultProxy, type ProxyFault } from "../support/fault_proxy.ts";
import type { FaultInjector, FaultTarget } from "./registry_harness.ts";

/** Faults of proxies in front of the servers that a driver asks. */
export class ProxiedFaults implements FaultInjector, AsyncDisposable {
  readonly #proxies: FaultProxy[] = [];
  #target: FaultTarget | undefined;
  /** How many requests still pass. */
  #passes = 0;

  /**
   * Puts a proxy in front of a server and returns its address.
   *
   * @param targetOf Says by its first line what a request is for.
   */
  front(
    server: string,
    targetOf: (requestLine: string) => FaultTarget,
  ): string {
    const applies = (line: string) =>
      targetOf(line) === this.#target && this.#passes-- <= 0;
    const proxy = new FaultProxy({ target: server, applies });
    this.#proxies.push(proxy);
    return proxy.url;
  }

  set(target: FaultTarget, fault: string, after = 0): Promise<void> {
    this.#target = target;
    this.#passes = after;
    for (const proxy of this.#proxies) proxy.fault = fault as ProxyFault;
    return Promise.resolve();
  }

  clear(): Promise<void> {
    for (const proxy of this.#proxies) proxy.fault = undefined;
    return Promise.resolve();
  }

  met(): number {
    return this.#proxies.reduce((sum, { met }) => sum + met, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.#proxies) await proxy[Symbol.asyncDispose]();
  }
}
