import { ApplicationError } from "../base/errors.ts";
import type { Clock } from "../base/time.ts";
import type { Addresses, InstanceAddress } from "../rollout/instance.ts";
import { endReason } from "./end_reason.ts";
import type { ContainerDetails, Engine, ImageDetails } from "./engine.ts";

/** Where a port of the proxy leads. */
export interface PortRoute {
  readonly proxy: number;
  /** Port in the container; the only one that the image exposes when left out. */
  readonly container?: number | undefined;
}

/** The same with the port in the container found out. */
export interface KnownRoute {
  readonly proxy: number;
  readonly container: number;
}

/** How long a container may take to have its ports, milliseconds. */
const PORTS_MS = 5_000;
const LOOK_MS = 50;

/**
 * Returns where each port of the proxy leads in a container of an image.
 *
 * @throws {ApplicationError} When the image leaves that open.
 */
export function routesOf(
  routes: readonly PortRoute[],
  details: ImageDetails | undefined,
  tag: string,
): KnownRoute[] {
  return routes.map(({ proxy, container }) => ({
    proxy,
    container: container ?? onlyPort(details, tag, proxy),
  }));
}

/**
 * Waits until all ports of a container that was just started are published.
 *
 * @throws {ApplicationError} When it ends, or they do not come.
 */
export async function awaitAddresses(
  id: string,
  routes: readonly KnownRoute[],
  { engine, clock }: { readonly engine: Engine; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Addresses> {
  const until = performance.now() + PORTS_MS;
  for (;;) {
    const details = await engine.inspectContainer(id, signal);
    if (details?.state !== "running") {
      throw new ApplicationError(
        details === undefined ? "it was removed" : endReason(details),
      );
    }
    const bound = addressesIn(details, routes);
    if (bound.size === routes.length) return bound;
    if (performance.now() > until) {
      throw new ApplicationError("it has no port on 127.0.0.1");
    }
    await clock.delay(LOOK_MS, signal);
  }
}

/** Returns where the ports of a container are published, as far as they are. */
export function addressesIn(
  { ports }: ContainerDetails,
  routes: readonly PortRoute[],
): Addresses {
  const tcp = ports.filter(({ protocol }) => protocol === "tcp");
  const [only, ...others] = new Set(
    tcp.map(({ containerPort }) => containerPort),
  );
  const addresses = new Map<number, InstanceAddress>();
  for (const { proxy, container } of routes) {
    // What it publishes is what its image exposed when it was made.
    const wanted = container ?? (others.length === 0 ? only : undefined);
    const binding = tcp.find(({ containerPort }) => containerPort === wanted);
    if (binding === undefined) continue;
    addresses.set(proxy, { hostname: "127.0.0.1", port: binding.hostPort });
  }
  return addresses;
}

function onlyPort(
  details: ImageDetails | undefined,
  tag: string,
  proxy: number,
): number {
  const ports = (details?.exposedPorts ?? [])
    .filter((port) => port.endsWith("/tcp"))
    .map((port) => Number.parseInt(port, 10));
  const [only] = ports;
  if (only !== undefined && ports.length === 1) return only;
  throw new ApplicationError(
    ports.length === 0
      ? `The image of ${tag} exposes no TCP port`
      : `The image of ${tag} exposes several ports: ${ports.join(", ")}`,
    { hint: `Say which one: --port ${proxy}:CONTAINER_PORT` },
  );
}
