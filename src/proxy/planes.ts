import { type Clock, systemClock } from "../base/time.ts";
import { errorMessage } from "../base/errors.ts";
import type { BackendTable } from "./backend.ts";
import { Balancer, type Drained } from "./balancer.ts";
import {
  type Certificate,
  type HttpEvent,
  HttpFront,
  type HttpFrontOptions,
} from "./http/front.ts";
import { PARTING_LOOK_MS } from "./http/parting.ts";
import type { Trouble } from "./isolate_messages.ts";
import { PortMetrics, type PortSnapshot } from "./port_metrics.ts";
import type { ProxyPort, ProxySettings } from "./settings.ts";
import { TcpPlane } from "./tcp/plane.ts";

/** What {@link Planes} work with. */
export interface PlanesOptions {
  readonly settings: ProxySettings;
  /** Whether other isolates open the same ports. */
  readonly isShared: boolean;
  readonly isTrusted: HttpFrontOptions["isTrusted"];
  readonly tell: (trouble: Trouble) => void;
  readonly onServed?: HttpFrontOptions["onServed"];
  readonly clock?: Clock;
}

interface OpenPort {
  readonly balancer: Balancer;
  readonly metrics: PortMetrics;
  readonly plane: HttpFront | TcpPlane;
}

/** All ports of one isolate. */
export class Planes {
  #clock: Clock;
  #ports = new Map<number, OpenPort>();

  /**
   * Opens the ports; nothing stays open when one cannot be.
   *
   * @throws When a port is in use, or may not be listened on.
   */
  constructor(options: PlanesOptions) {
    this.#clock = options.clock ?? systemClock;
    try {
      for (const port of options.settings.ports) {
        this.#ports.set(port.port, open(port, options));
      }
    } catch (error) {
      for (const { plane } of this.#ports.values()) plane.end();
      throw error;
    }
  }

  /** Puts another table in the place of the one before, for all ports at once. */
  swap(table: BackendTable): void {
    for (const [port, { balancer }] of this.#ports) {
      balancer.replace(table.get(port) ?? []);
    }
  }

  /** Waits until a backend has nothing in flight on any port, or ends it after `graceMs`. */
  async drain(id: string, graceMs: number): Promise<Drained> {
    const balancers = [...this.#ports.values()].map(({ balancer }) => balancer);
    return await this.#within(graceMs, async (signal) => {
      const drained = await Promise.all(
        balancers.map((balancer) => balancer.drained(id, signal)),
      );
      return { cut: drained.reduce((sum, { cut }) => sum + cut, 0) };
    });
  }

  /** Uses another certificate on the HTTP ports from now on. */
  renew(certificate: Certificate): void {
    for (const { plane } of this.#ports.values()) {
      if (plane instanceof HttpFront) plane.renew(certificate);
    }
  }

  /**
   * Accepts nothing more, has clients leave once they have their answers, and
   * ends what is left after `graceMs`.
   */
  async close(graceMs: number): Promise<Drained> {
    const ports = [...this.#ports.values()];
    for (const { plane } of ports) plane.close();
    await this.#within(graceMs, (signal) => this.#part(ports, signal));
    const cuts = await Promise.all(ports.map(cutOff));
    for (const { plane } of ports) plane.end();
    await Promise.all(ports.map(({ plane }) => plane.finished));
    return { cut: cuts.reduce((sum, cut) => sum + cut, 0) };
  }

  /** What happened on each port so far. */
  snapshot(): Map<number, PortSnapshot> {
    return new Map(
      [...this.#ports].map(([port, { metrics }]) => [port, metrics.snapshot()]),
    );
  }

  /** What each backend has in flight, where it has anything. */
  inFlight(): Map<string, number> {
    return this.#sum(({ busy }) => busy);
  }

  /** How many requests each backend was given so far, and connections of TCP ports. */
  taken(): Map<string, number> {
    return this.#sum(({ taken }) => taken);
  }

  #sum(
    counts: (balancer: Balancer) => ReadonlyMap<string, number>,
  ): Map<string, number> {
    const sum = new Map<string, number>();
    for (const { balancer } of this.#ports.values()) {
      for (const [id, count] of counts(balancer)) {
        sum.set(id, (sum.get(id) ?? 0) + count);
      }
    }
    return sum;
  }

  async #part(
    ports: readonly OpenPort[],
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const isOver = ports.every(({ plane, balancer }) =>
        plane.connections === 0 && balancer.busy.size === 0
      );
      if (isOver || signal.aborted) return;
      // Clients that leave at once would come to other isolates that are about to close.
      await this.#clock.delay(PARTING_LOOK_MS, signal);
      for (const { plane } of ports) plane.part();
    }
  }

  async #within<T>(
    ms: number,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const over = new AbortController();
    const done = new AbortController();
    const timer = this.#clock.delay(ms, done.signal).then(() => over.abort());
    try {
      return await task(over.signal);
    } finally {
      done.abort();
      await timer;
    }
  }
}

/** Ends what backends have in flight in the way of its protocol; returns how much was under way. */
async function cutOff({ plane, balancer }: OpenPort): Promise<number> {
  const { underWay } = plane;
  const drained = await Promise.all(
    [...balancer.busy.keys()].map((id) =>
      balancer.drained(id, AbortSignal.abort())
    ),
  );
  // What waits for a backend has none that would be cut.
  const cut = drained.reduce((sum, { cut }) => sum + cut, 0);
  return Math.max(underWay, cut);
}

function open(port: ProxyPort, options: PlanesOptions): OpenPort {
  const { settings, isShared, clock = systemClock, tell } = options;
  const { limits, certificate } = settings;
  const listener = listen(port.port, settings.hostname, isShared);
  const balancer = new Balancer({ clock });
  const metrics = new PortMetrics();
  const common = {
    listener,
    balancer,
    meter: metrics,
    limits,
    clock,
    tell: (event: HttpEvent) => tell(troubleOf(port.port, event)),
  };
  const plane = port.protocol === "tcp"
    ? new TcpPlane({ ...common, proxyProtocol: settings.proxyProtocol })
    : new HttpFront({
      ...common,
      isTrusted: options.isTrusted,
      ...(certificate === undefined ? {} : { certificate }),
      ...(options.onServed === undefined ? {} : { onServed: options.onServed }),
    });
  return { balancer, metrics, plane };
}

/** Listens on both families where the host has both. */
function listen(
  port: number,
  hostname: string | undefined,
  reusePort: boolean,
): Deno.TcpListener {
  if (hostname !== undefined) {
    return Deno.listen({ port, hostname, reusePort });
  }
  try {
    return Deno.listen({ port, hostname: "::", reusePort });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    if (error instanceof Deno.errors.PermissionDenied) throw error;
    return Deno.listen({ port, hostname: "0.0.0.0", reusePort });
  }
}

function troubleOf(port: number, event: HttpEvent): Trouble {
  const trouble = event.kind;
  switch (event.kind) {
    case "no-backend":
      return { port, trouble };
    case "too-many-connections":
      return { port, trouble, count: event.limit };
    case "connect-failed": {
      const { hostname: host, port: backendPort } = event.backend;
      const error = errorMessage(event.error);
      return { port, trouble, backend: { host, port: backendPort }, error };
    }
    default:
      return { port, trouble, error: errorMessage(event.error) };
  }
}
