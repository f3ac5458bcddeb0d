import type { Endpoint } from "./create_body.ts";
import { BadValue, type RunDraft } from "./run_option.ts";
import { csvFields, pair, put, whole } from "./run_option_values.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** As docker tells a row of keys from a plain name. */
const HAS_KEYS = /\w+=\w+/;

/** Networks that are no networks, and what is wrong with each. */
const REFUSED: Readonly<Record<string, string>> = {
  host:
    "not be the host's network: every port of the container would be open to all",
  none: "not be none: dewy could not reach the container",
};

const ADDRESS_KEYS = new Set(["ip", "ip6", "mac-address", "link-local-ip"]);

/** Why no option gives a container an address of its own. */
export const ADDRESS_TAKEN =
  "replicas, and old and new containers of a deploy, run side by side and cannot share an address";

/** Adds `--network NAME` or `--network name=NAME,alias=…,driver-opt=…`. */
export function addNetwork(draft: RunDraft, value: string): void {
  const endpoint: Endpoint = {};
  const network = HAS_KEYS.test(value) ? readKeys(value, endpoint) : value;
  if (Object.hasOwn(REFUSED, network)) {
    throw new BadValue(REFUSED[network] ?? "not be this one", {
      hint: 'Name a network that "docker network create" made',
    });
  }
  if (network.startsWith("container:")) {
    throw new BadValue(
      "not be another container's: dewy publishes ports of its own containers only",
    );
  }
  if (!NAME.test(network)) throw new BadValue("be the name of a network");
  if (draft.networks.some((other) => other.network === network)) {
    throw new BadValue(`not name the network "${network}" twice`);
  }
  draft.networks.push({ network, endpoint });
}

function readKeys(value: string, endpoint: Endpoint): string {
  let network = "";
  for (const field of csvFields(value)) {
    const [key, given] = pair(field).map((part) => part.trim());
    if (key === "name") network = given ?? "";
    else if (key === "alias") (endpoint.Aliases ??= []).push(given ?? "");
    else if (key === "driver-opt") {
      put(endpoint.DriverOpts ??= {}, ...pair(given ?? ""));
    } else if (key === "gw-priority") endpoint.GwPriority = whole(given ?? "");
    else throw badKey(key ?? "");
  }
  if (network === "") throw new BadValue('have a "name="');
  return network;
}

function badKey(key: string): BadValue {
  if (ADDRESS_KEYS.has(key)) {
    return new BadValue(`not have the key "${key}": ${ADDRESS_TAKEN}`);
  }
  return new BadValue(`not have the key "${key}"`, {
    hint: "Keys: name, alias, driver-opt, gw-priority",
  });
}

/**
 * Gives the aliases to the first network and makes it the container's mode.
 *
 * @throws {BadValue} When networks or aliases do not go together.
 */
export function finishNetworks(draft: RunDraft): void {
  const [first, ...rest] = draft.networks;
  const isBuiltIn = first === undefined || isEngines(first.network);
  if (draft.aliases.length > 0) {
    if (isBuiltIn) {
      throw new BadValue("come with a network of your own: --network NAME");
    }
    if (first.endpoint.Aliases !== undefined) {
      throw new BadValue('not come with an "alias=" of the first --network');
    }
    first.endpoint.Aliases = [...draft.aliases];
  }
  if (first === undefined) return;
  if (draft.networks.some((other) => isEngines(other.network)) && rest.length) {
    throw new BadValue("not come with the engine's own networks");
  }
  draft.host.NetworkMode = first.network;
  if (Object.keys(first.endpoint).length === 0) return;
  const endpoints: Record<string, Endpoint> = {};
  put(endpoints, first.network, first.endpoint);
  draft.body.NetworkingConfig = { EndpointsConfig: endpoints };
}

/** The networks that every engine has, and where names of containers do not resolve. */
function isEngines(network: string): boolean {
  return network === "bridge" || network === "default";
}
