import assert from "node:assert/strict";
import { parseRunOptions } from "../../../src/container/run_options.ts";
import { Random } from "../../support/random.ts";
import { bodyOf, readRun, refusal, SURROUNDINGS } from "./read_run.ts";

/** Words that are refused, and what that says. */
const REFUSED: readonly (readonly [string[], RegExp])[] = [
  [
    ["--network", "host"],
    /option "--network" must not be the host's network: every port .* open to all: current value is "host"$/,
  ],
  [["--net=host"], /option "--net" must not be the host's/],
  [["--network", "name=host,alias=a"], /must not be the host's/],
  [["--network", "none"], /must not be none: dewy could not reach/],
  [["--network=container:db"], /must not be another container's/],
  [["--network", "ns:/proc/1/ns/net"], /must be the name of a network/],
  [["--network", ""], /must be the name of a network/],
  [
    ["--network", "name=a,ip=10.0.0.2"],
    /must not have the key "ip": replicas.*cannot share an address/,
  ],
  [["--network-alias", "a"], /must come with a network of your own/],
  [["-v", "/:/host"], /must not mount the whole file system/],
  [["-v", "/:/host:ro,rslave"], /must not mount the whole file system/],
  [["-v", "//:/host"], /must not mount the whole file system/],
  [["-v", "/x/..:/host"], /must not mount the whole file system/],
  [["-v", "../..:/host"], /must not mount the whole file system/],
  [
    ["-v/var/run/docker.sock:/s"],
    /must not mount the socket of a container engine/,
  ],
  [["-v", "/run:/host/run:ro"], /nor a folder that holds one/],
  [["-v", "/run/user/1000/podman/podman.sock:/s"], /must not mount the socket/],
  [["-v", "/srv/own/:/own"], /must not mount the socket/],
  [
    ["--mount", "type=bind,src=/run/docker.sock,dst=/s"],
    /must not mount the socket/,
  ],
  [["--mount", "type=bind,src=/,dst=/s"], /must not mount the whole/],
  [[
    "--mount",
    "dst=/s,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/",
  ], /must not mount the whole/],
  [["-v", "~/a:/b"], /must name a volume, or a path of the host/],
  [["-v", "a:b"], /must name a volume, or a path of the host/],
  [["-v", "data:b"], /must name a path of the container/],
  [["-v", "data:/"], /must name a path of the container/],
  [["-v", "data"], /must name a path of the container/],
  [["-v", ""], /must name a path of the container/],
  [["-v", "data:/b:sometimes"], /must not have the mode "sometimes"/],
  [["-v", "data:/b:ro:z"], /must have at most two ":"/],
  [["-v", "a1:/b", "-v", "a2:/b/"], /"\/b" is mounted twice/],
  [["-v", "a1:/b", "--tmpfs", "/b"], /"\/b" is mounted twice/],
  [["--mount", "type=bind,src=data,dst=/b"], /must name a volume, or a path/],
  [["--mount", "type=volume,src=/data,dst=/b"], /must have type=bind/],
  [
    ["--mount", "type=image,src=a,dst=/b"],
    /must have a type of bind, volume, tmpfs/,
  ],
  [["--mount", "type=tmpfs,src=a,dst=/b"], /must not have a source/],
  [["--label", "dewy.app=x"], /option "--label" must not begin with "dewy\."/],
  [["-ldewy.managed"], /option "-l" must not begin with "dewy\."/],
  [["-l", " dewy.managed=x"], /must have a name without blanks/],
  [["--restart", "sometimes"], /must be "no", "on-failure"/],
  [["--restart", "always:3"], /must be "no", "on-failure"/],
  [["--name", "-x"], /must be letters, digits/],
  [["--platform", "arm!"], /must be written "linux\/arm64"/],
  [["--cap-drop", ""], /must name a capability/],
  [["--stop-signal", ""], /must be a signal/],
  [["--env-file", ""], /must name a file/],
  [["--memory", "9999999999t"], /must be a size/],
  [["--pids-limit", "9007199254740993"], /must be a whole number/],
];

for (const [words, message] of REFUSED) {
  Deno.test(`parseRunOptions() refuses ${words.join(" ")}`, () => {
    const engineSocket = "/srv/own/engine.sock";
    const error = refusal(words, { ...SURROUNDINGS, engineSocket });
    assert.match(error.message, message);
  });
}

Deno.test("no error repeats what may be secret", () => {
  const secrets: readonly string[][] = [
    ["--env", "=hunter2"],
    ["--label", "a b=hunter2"],
    ["--label", "dewy.x=hunter2"],
    ["--log-opt", "=hunter2"],
    ["--annotation", "=hunter2"],
    ["--mount", "dst=/a,volume-opt=o=password=hun,hunter2"],
    ["--mount", "dst=a,volume-opt=o=password=hunter2"],
    ["-e", "A=hunter2", "--memory", "x"],
    ["-e", "A=hunter2", "--nope=hunter2"],
    ["-e", "A=hunter2", "--publish=hunter2"],
  ];
  for (const words of secrets) {
    const { message, hint } = refusal(words);
    assert.doesNotMatch(`${message} ${hint}`, /hunter2/, words.join(" "));
  }
});

Deno.test("values that look like options are values", async () => {
  const words = ["-e", "--publish", "-e-p", "--env=--net=host", "--hostname"];
  const body = await bodyOf([...words, "--privileged", "-w", "-d"]);
  assert.deepEqual(body.Env, ["--publish", "-p", "--net=host"]);
  assert.equal(body.Hostname, "--privileged");
  assert.equal(body.WorkingDir, "-d");
  assert.equal(body.HostConfig?.NetworkMode, "default");
});

Deno.test("what the caller handles itself is beside the body", async () => {
  const options = await readRun([
    ...["--name", "web", "--platform=linux/arm64", "--restart", "always"],
    ...["--network", "front", "--network=name=back,alias=b"],
  ]);
  assert.equal(options.baseName, "web");
  assert.equal(options.platform, "linux/arm64");
  assert.equal(options.restart, "always");
  assert.deepEqual(options.furtherNetworks, [
    { network: "back", endpoint: { Aliases: ["b"] } },
  ]);
  assert.equal(options.body.NetworkingConfig, undefined);
});

Deno.test("names such as __proto__ are names like any other", async () => {
  const words = ["-l", "__proto__=a", "--tmpfs", "/__proto__:x"];
  const body = await bodyOf([...words, "--log-opt", "constructor=b"]);
  const json = JSON.parse(JSON.stringify(body));
  assert.ok(Object.hasOwn(json.Labels, "__proto__"));
  assert.equal(json.Labels["dewy.managed"], "true");
  assert.equal(json.HostConfig.LogConfig.Config.constructor, "b");
});

Deno.test("10,000 options are read within two seconds", async () => {
  const words = Array.from({ length: 2_500 }, (_, i) => [
    ...["-e", `A${i}=x`, `-lb${i}=y`, "--tmpfs", `/t${i}`, `-vc${i}:/v${i}`],
  ]).flat();
  const startedAt = performance.now();
  const body = await bodyOf(words);
  assert.equal(body.Env?.length, 2_500);
  assert.equal(Object.keys(body.HostConfig?.Tmpfs ?? {}).length, 2_500);
  assert.equal(body.HostConfig?.Binds?.length, 2_500);
  assert.ok(performance.now() - startedAt < 2_000);
});

Deno.test("any text survives as a value, in every way of writing it", async () => {
  const random = Random.fromEnv();
  const letters = [
    "-",
    "=",
    "p",
    " ",
    '"',
    "'",
    ",",
    "\n",
    "é",
    "💥",
    ":",
    "\\",
  ];
  for (let round = 0; round < 500; round++) {
    const value = Array.from(
      { length: Math.floor(random.next(6)) },
      () => letters[Math.floor(random.next(letters.length))],
    ).join("");
    const given = `A=${value}`;
    for (const words of [["-e", given], [`-e${given}`], [`--env=${given}`]]) {
      const { Env } = await bodyOf(words);
      assert.deepEqual(Env, [given], `seed ${random.seed}`);
    }
  }
});

Deno.test("random words are read or refused with a ConfigError", () => {
  const random = Random.fromEnv();
  const parts = [
    "-",
    "--",
    "e",
    "v",
    "env",
    "mount",
    "net",
    "=",
    "a",
    ",",
    ":",
    "/",
    '"',
    "type",
    "1",
    "gpus",
    "src",
    "dst",
  ];
  const word = () =>
    Array.from(
      { length: 1 + Math.floor(random.next(7)) },
      () => parts[Math.floor(random.next(parts.length))],
    ).join("");
  let refused = 0;
  for (let round = 0; round < 3_000; round++) {
    const words = [
      `--${
        ["mount", "volume", "network", "gpus", "ulimit", word()][round % 6]
      }`,
      word(),
    ];
    try {
      parseRunOptions(words, SURROUNDINGS);
    } catch (error) {
      refused++;
      assert.ok(error instanceof Error);
      assert.equal(error.name, "ConfigError", `${words} (seed ${random.seed})`);
    }
  }
  assert.ok(refused > 100);
});
