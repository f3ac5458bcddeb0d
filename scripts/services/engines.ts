import { fileURLToPath } from "node:url";
import { run } from "./install.ts";

/** Keeps the place of an engine, and clears it up: see the script. */
export const ENGINE_KEEPER = fileURLToPath(
  new URL("engine_keeper.sh", import.meta.url),
);

/** Where an engine of the tests has what it owns. */
export interface EnginePlace {
  readonly folder: string;
  /** No other engine has it: it is in the names and addresses of its network. */
  readonly number: number;
}

/** Programs that container engines are made of, and the Debian package of each. */
export const ENGINE_PROGRAMS: Readonly<Record<string, string>> = {
  dockerd: "docker.io",
  // Podman's own choice, crun, refuses machines with both versions of control groups.
  runc: "runc",
  podman: "podman",
  "/usr/lib/podman/netavark": "netavark",
  "/usr/lib/podman/aardvark-dns": "aardvark-dns",
  iptables: "iptables",
  ip: "iproute2",
};

/** Returns where the engine listens. */
export function engineSocket({ folder }: EnginePlace): string {
  return `${folder}/engine.sock`;
}

/**
 * Returns the command of a Docker Engine that shares nothing with the one of
 * the machine. It leaves the firewall alone: ports go through its proxy.
 *
 * @param more What stands in its `daemon.json` besides.
 */
export async function prepareDocker(
  place: EnginePlace,
  more: object = {},
): Promise<readonly string[]> {
  const { folder, number } = place;
  const config = { iptables: false, ip6tables: false, ...more };
  await Deno.writeTextFile(`${folder}/daemon.json`, JSON.stringify(config));
  const bridge = `dewy${number}`;
  const address = `10.237.${number}.1/25`;
  await run(["ip", "link", "add", bridge, "type", "bridge"]);
  await run(["ip", "address", "add", address, "dev", bridge]);
  await run(["ip", "link", "set", bridge, "up"]);
  return [
    "dockerd",
    ...["--config-file", `${folder}/daemon.json`],
    ...["--host", `unix://${engineSocket(place)}`],
    ...["--data-root", `${folder}/data`],
    ...["--exec-root", `${folder}/exec`],
    ...["--pidfile", `${folder}/pid`],
    ...["--bridge", bridge],
    ...["--cgroup-parent", `/dewy-tests-${number}`],
    "--log-level=warn",
  ];
}

/** Returns the command of a Podman service that shares nothing with the one of the machine. */
export async function preparePodman(
  place: EnginePlace,
): Promise<readonly string[]> {
  const { folder } = place;
  const config = `${folder}/containers.conf`;
  const network = podmanNetwork(place);
  await Deno.mkdir(`${folder}/networks`);
  await Deno.writeTextFile(`${folder}/networks/podman.json`, network);
  await Deno.writeTextFile(config, podmanConfig(folder));
  await Deno.writeTextFile(`${folder}/registries.conf`, PLAIN_HTTP);
  return [...podman(place), "system", "service", "--time=0"]
    .concat(`unix://${engineSocket(place)}`);
}

/** Returns the command that removes all containers, which also closes their ports. */
export function removePodmanContainers(folder: string): readonly string[] {
  return [...podman({ folder }), "rm", "--all", "--force", "--time=0"];
}

function podman({ folder }: Pick<EnginePlace, "folder">): readonly string[] {
  return [
    ...["env", `CONTAINERS_CONF=${folder}/containers.conf`],
    `CONTAINERS_REGISTRIES_CONF=${folder}/registries.conf`,
    ...[`TMPDIR=${folder}`, "podman"],
    ...["--root", `${folder}/data`, "--runroot", `${folder}/run`],
    ...["--tmpdir", `${folder}/tmp`, "--storage-driver", "overlay"],
  ];
}

/** Docker does so with registries on loopback without being told. */
const PLAIN_HTTP = `
[[registry]]
prefix = "127.0.0.1"
location = "127.0.0.1"
insecure = true
`;

function podmanConfig(folder: string): string {
  return `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
`;
}

function podmanNetwork({ number }: EnginePlace): string {
  return JSON.stringify({
    name: "podman",
    id: "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",
    driver: "bridge",
    network_interface: `dewy${number}`,
    created: "2020-01-01T00:00:00Z",
    subnets: [{
      subnet: `10.237.${number}.0/25`,
      gateway: `10.237.${number}.1`,
    }],
    ipv6_enabled: false,
    internal: false,
    dns_enabled: false,
    ipam_options: { driver: "host-local" },
  });
}
