import assert from "node:assert/strict";
import { createBody } from "../../src/container/create_body.ts";
import {
  parseRunOptions,
  readEnvFiles,
  type RunOptions,
} from "../../src/container/run_options.ts";
import {
  RecordingDaemon,
  type SentCreate,
  withoutDefaults,
} from "../support/docker_command.ts";
import {
  BOTH_REFUSE,
  NEEDS_DOCKER_25,
  SAME_REQUESTS,
} from "../support/docker_options.ts";

const ENV = { HOME: "/home/dewy", EMPTY: "" };

const SETTINGS = { image: "image:1", labels: {}, command: [], user: "" };

async function read(
  words: readonly string[],
  workdir: string,
): Promise<RunOptions> {
  const env = (name: string) => new Map(Object.entries(ENV)).get(name);
  const parsed = parseRunOptions(words, { env, workdir });
  return await readEnvFiles(parsed, { env, readFile: Deno.readFile });
}

/** What dewy sends, with the networks that it joins afterwards. */
function asSent(
  options: RunOptions,
  ports: readonly number[] = [],
): SentCreate {
  const body = createBody(options, { ...SETTINGS, ports });
  const joined = options.furtherNetworks.map((further) =>
    [further.network, further.endpoint] as const
  );
  const endpoints = {
    ...body.NetworkingConfig?.EndpointsConfig,
    ...Object.fromEntries(joined),
  };
  return {
    body: { ...body, NetworkingConfig: { EndpointsConfig: endpoints } },
    name: options.baseName ?? null,
    platform: options.platform ?? null,
  };
}

async function assertSame(
  daemon: RecordingDaemon,
  words: readonly string[],
): Promise<void> {
  const sent = await daemon.create(words, ENV);
  assert.ok(typeof sent !== "string", `docker refused: ${sent}`);
  const ours = asSent(await read(words, daemon.workdir));
  assert.deepEqual(
    { ...ours, body: withoutDefaults(ours.body) },
    {
      name: sent.name || null,
      platform: sent.platform || null,
      body: withoutDefaults(sent.body),
    },
  );
}

Deno.test("createBody() asks for what the docker command asks for", async (t) => {
  await using daemon = await RecordingDaemon.start();
  const isOld = await daemon.clientMajor() < 25;
  for (const words of SAME_REQUESTS) {
    if (isOld && NEEDS_DOCKER_25.test(words.join(" "))) continue;
    await t.step(words.join(" "), () => assertSame(daemon, words));
  }
});

Deno.test("parseRunOptions() refuses what the docker command refuses", async (t) => {
  await using daemon = await RecordingDaemon.start();
  for (const words of BOTH_REFUSE) {
    await t.step(words.join(" "), async () => {
      assert.equal(typeof await daemon.create(words, ENV), "string");
      await assert.rejects(read(words, daemon.workdir), {
        name: "ConfigError",
      });
    });
  }
});

Deno.test("readEnvFiles() reads files as the docker command does", async (t) => {
  await using daemon = await RecordingDaemon.start();
  const files: readonly string[] = [
    "A=1\nB=2",
    "# no\n  # no\n\n   A=1  \r\nB='x y'\nC=\"#\"#\nD=a=b\nA=2\n",
    "\ufeffA=1\nHOME\nEMPTY\nABSENT\n\t\tX=\t y\n",
    "",
    "A=\n\n\n",
  ];
  for (const [index, text] of files.entries()) {
    await t.step(JSON.stringify(text), async () => {
      const path = `${daemon.workdir}/${index}.env`;
      await Deno.writeTextFile(path, text);
      await assertSame(daemon, ["-e", "A=3", "--env-file", path, "-e", "Z"]);
      await assertSame(daemon, ["--env-file", path, "--env-file", path]);
    });
  }
});

Deno.test("createBody() publishes on the loopback address as docker does", async () => {
  await using daemon = await RecordingDaemon.start();
  const sent = await daemon.create([
    ...["-p", "127.0.0.1::8080", "-p", "127.0.0.1::9090"],
    ...["--expose", "53/udp"],
  ]);
  assert.ok(typeof sent !== "string");
  const options = await read(["--expose", "53/udp"], daemon.workdir);
  assert.deepEqual(
    withoutDefaults(asSent(options, [8080, 9090]).body),
    withoutDefaults(sent.body),
  );
});
