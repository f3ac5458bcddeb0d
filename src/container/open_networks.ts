import { failure } from "./run_option_words.ts";
import type { Engine, NetworkDetails } from "./engine.ts";
import type { RunOptions } from "./run_options.ts";

/** Their containers are hosts of the network that the host is in. */
const OPEN_DRIVERS = new Set(["macvlan", "ipvlan", "host"]);
/** Modes of Docker's bridges in which every port is reached by the container's own address. */
const OPEN_MODE = /^(?:routed|nat-unprotected)$/;
const MODE_OPTIONS = [
  "com.docker.network.bridge.gateway_mode_ipv4",
  "com.docker.network.bridge.gateway_mode_ipv6",
];

/**
 * Refuses networks that others reach containers on, whatever is published. What
 * a name stands for is known to the engine only. One that is not there is left
 * to the deploy, which says so.
 *
 * @throws {ConfigError} When there is one among the options.
 * @throws {SourceError} When the engine does not answer.
 */
export async function refuseOpenNetworks(
  engine: Pick<Engine, "inspectNetwork">,
  { body, furtherNetworks }: Pick<RunOptions, "body" | "furtherNetworks">,
  signal: AbortSignal,
): Promise<void> {
  const first = body.HostConfig?.NetworkMode;
  const names = furtherNetworks.map(({ network }) => network);
  for (const name of first === undefined ? names : [first, ...names]) {
    const details = await engine.inspectNetwork(name, signal);
    const why = details && opennessOf(details);
    if (why === undefined) continue;
    throw failure(
      `option "--network" is refused: network "${name}" is ${why}, where all ports of a container are open to others, not only those that dewy publishes on the loopback address`,
      { hint: 'Name a bridge: "docker network create NAME"' },
    );
  }
}

function opennessOf(
  { driver, options }: NetworkDetails,
): string | undefined {
  if (OPEN_DRIVERS.has(driver)) return `of the driver "${driver}"`;
  const mode = MODE_OPTIONS.map((name) => options[name] ?? "")
    .find((mode) => OPEN_MODE.test(mode));
  return mode === undefined ? undefined : `in the gateway mode "${mode}"`;
}
