import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import { credentialSource } from "../../src/cli/image_registry.ts";
import { Fetcher } from "../../src/fetcher/fetcher.ts";
import {
  isolateEnv,
  isolatePermissions,
} from "../../src/fetcher/isolate_permissions.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { ImagePush } from "../support/image_push.ts";
import { BASIC_USER, ImageRegistry } from "../support/image_registry.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TOKEN_USER, TokenServer } from "../support/token_server.ts";

const NEVER = new AbortController().signal;

/** Opens the isolate of a registry as dewy does. */
function open(
  registryUrl: string,
  { cwd, env, hosts = [] }: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly hosts?: readonly string[];
  },
): Promise<Fetcher> {
  const place = { registryUrl, cacheUrl: undefined, cwd, env };
  return Fetcher.open({
    settings: {
      ...place,
      env: isolateEnv(place),
      slot: "",
      calver: undefined,
      platform: { os: "linux", arch: "amd64" },
      maxArtifactBytes: 1e6,
      requireChecksum: false,
      node: "test:1",
    },
    permissions: isolatePermissions({ ...place, hosts }),
    findCredentials: credentialSource(registryUrl, env),
    emit: () => undefined,
  });
}

async function tagOf(fetcher: Fetcher): Promise<string> {
  const latest = await fetcher.latest(NEVER);
  return latest.kind === "release" ? latest.release.tag : latest.kind;
}

function isDenied(message: RegExp, hint: RegExp) {
  return (error: unknown) => {
    ok(error instanceof SourceError, String(error));
    equal(error.code, "denied", error.message);
    ok(message.test(error.message), error.message);
    return hint.test(error.hint ?? "");
  };
}

/** A folder with a helper in `bin/`, which gives the password in `password`. */
async function withHelper(dir: TempDir) {
  const [bin, password] = [dir.join("bin"), dir.join("password")];
  await Deno.mkdir(bin);
  await Deno.mkdir(dir.join(".docker"));
  await Deno.writeTextFile(
    dir.join(".docker", "config.json"),
    JSON.stringify({ credsStore: "test" }),
  );
  const script = `#!/bin/sh
echo run >> ${dir.join("runs")}
cat ${password} || exit 1
`;
  const path = `${bin}/docker-credential-test`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return {
    env: { HOME: dir.path, PATH: `${bin}:/usr/bin:/bin` },
    give: (secret: string) =>
      Deno.writeTextFile(
        password,
        JSON.stringify({ Username: BASIC_USER.username, Secret: secret }),
      ),
    runs: async () =>
      (await Deno.readTextFile(dir.join("runs"))).trim().split("\n").length,
  };
}

Deno.test("the isolate asks as whom the supervisor finds, again when a password ends", async () => {
  await using dir = await TempDir.create();
  await using registry = await ImageRegistry.start({
    line: "debian",
    auth: { kind: "basic" },
  });
  const { origin, host } = registry;
  const { username, password } = BASIC_USER;
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  const headers = { authorization: `Basic ${bytes.toBase64()}` };
  const push = new ImagePush({ origin, repository: "acme/app", headers });
  await push.image("v1.0.0", "app");

  const helper = await withHelper(dir);
  await helper.give("that of yesterday");
  using fetcher = await open(`img://${host}/acme/app`, {
    cwd: dir.path,
    env: helper.env,
  });
  equal(await helper.runs(), 1);
  const source = /docker-credential-test/;
  await rejects(tagOf(fetcher), isDenied(/status 401/, source));
  equal(await helper.runs(), 2);
  await helper.give(password);
  equal(await tagOf(fetcher), "v1.0.0");
  equal(await helper.runs(), 3);
  // It goes on with what works.
  await push.image("v1.1.0", "app 2");
  equal(await tagOf(fetcher), "v1.1.0");
  equal(await helper.runs(), 3);
});

Deno.test("a helper that fails is told when the registry wants to know who asks", async () => {
  await using dir = await TempDir.create();
  await using closed = await ImageRegistry.start({
    line: "debian",
    auth: { kind: "basic" },
  });
  const helper = await withHelper(dir);
  const options = { cwd: dir.path, env: helper.env };
  using fetcher = await open(`img://${closed.host}/acme/app`, options);
  await rejects(
    tagOf(fetcher),
    isDenied(
      /^Cannot get credentials for "127\.0\.0\.1:\d+": "docker-credential-test" failed$/,
      /by hand/,
    ),
  );
  await using free = await ImageRegistry.start({ line: "debian" });
  const push = new ImagePush({ origin: free.origin, repository: "app" });
  await push.image("v1.0.0", "app");
  using second = await open(`img://${free.host}/app`, options);
  equal(await tagOf(second), "v1.0.0");
});

Deno.test("the isolate reaches the registry's realm where it is let", async () => {
  await using dir = await TempDir.create();
  await using tokens = await TokenServer.start({ folder: dir });
  const { auth } = tokens;
  await using registry = await ImageRegistry.start({ line: "newest", auth });
  const repository = "private/app";
  const scope = `repository:${repository}:pull,push`;
  const token = await tokens.sign([scope], TOKEN_USER.username);
  const headers = { authorization: `Bearer ${token}` };
  const { origin } = registry;
  await new ImagePush({ origin, repository, headers }).image("v1.0.0", "app");

  const url = `img://${registry.host}/${repository}`;
  const env = {
    DOCKER_USERNAME: TOKEN_USER.username,
    DOCKER_PASSWORD: TOKEN_USER.password,
  };
  using narrow = await open(url, { cwd: dir.path, env });
  await rejects(
    tagOf(narrow),
    isDenied(
      /not allowed to reach "127\.0\.0\.1:\d+"$/,
      new RegExp(`--fetch-host ${tokens.host}$`),
    ),
  );
  deepEqual(tokens.requests, []);
  using wide = await open(url, { cwd: dir.path, env, hosts: [tokens.host] });
  equal(await tagOf(wide), "v1.0.0");
});

for (const command of ["server", "assets"]) {
  Deno.test(`dewy ${command} deploys no images, and says so`, async () => {
    await using dir = await TempDir.create();
    const url = "img://ghcr.io/acme/web";
    await using dewy = DewyProcess.start({
      cwd: dir.path,
      args: [command, "--once", "--registry", url, "--", "/bin/true"],
    });
    equal(await dewy.exitCode(), 1);
    deepEqual(dewy.output(), [
      `Error: Cannot run "dewy ${command}" with registry "${url}": it holds container images`,
      '  hint: Use "dewy container"; files come from ghr://, s3://, gs://',
    ]);
  });
}
