import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import { parseImageRepository } from "../../../src/base/image_reference.ts";
import {
  findOciCredentials,
  type HelperAnswer,
  type OciCredentials,
} from "../../../src/client/oci_credentials.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
type Env = Readonly<Record<string, string>>;

/** What each helper answers, by its name and the server it is asked for. */
type Helpers = Readonly<Record<string, HelperAnswer | Error>>;

function find(
  name: string,
  env: Env,
  helpers: Helpers = {},
): Promise<OciCredentials | undefined> {
  const place = parseImageRepository(name);
  ok(!("problem" in place));
  return findOciCredentials(place, {
    env,
    uid: undefined,
    signal: NEVER,
    runHelper: (helper, server) => {
      const answer = helpers[`${helper} ${server}`];
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve(answer);
    },
  });
}

async function userFor(name: string, env: Env): Promise<string | undefined> {
  const found = await find(name, env);
  return found?.kind === "password"
    ? `${found.username} by ${found.source}`
    : undefined;
}

const VARIABLES = {
  GITHUB_TOKEN: "ghp_x",
  AWS_ECR_PASSWORD: "ecr",
  GCR_TOKEN: "ya29.x",
};

const HOSTS: readonly (readonly [string, string | undefined])[] = [
  ["ghcr.io/a/b", "token by GITHUB_TOKEN"],
  ["ghcr.io:443/a/b", "token by GITHUB_TOKEN"],
  ["evil-ghcr.io/a/b", undefined],
  ["ghcr.io.example.com/a/b", undefined],
  ["x.ghcr.io/a/b", undefined],
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/a", "AWS by AWS_ECR_PASSWORD"],
  [
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a",
    "AWS by AWS_ECR_PASSWORD",
  ],
  [
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a",
    "AWS by AWS_ECR_PASSWORD",
  ],
  ["123456789012.dkr-ecr.us-west-2.on.aws/a", "AWS by AWS_ECR_PASSWORD"],
  ["123456789012.dkr.ecr.x.amazonaws.com.evil.example/a", undefined],
  ["dkr.ecr.eu-west-1.amazonaws.com/a", undefined],
  ["public.ecr.aws/a/b", undefined],
  ["gcr.io/p/a", "oauth2accesstoken by GCR_TOKEN"],
  ["eu.gcr.io/p/a", "oauth2accesstoken by GCR_TOKEN"],
  ["evil-gcr.io/p/a", undefined],
  ["gcr.io.example/p/a", undefined],
  ["europe-west1-docker.pkg.dev/p/r/a", "oauth2accesstoken by GCR_TOKEN"],
  ["europe-west1-docker.pkg.dev.example/p/r/a", undefined],
  ["x.europe-west1-docker.pkg.dev/p/r/a", undefined],
  ["nginx", undefined],
  ["app.azurecr.io/a", undefined],
];

for (const [name, user] of HOSTS) {
  Deno.test(`findOciCredentials() gives ${name} ${user ?? "no variable of another registry"}`, async () => {
    equal(await userFor(name, VARIABLES), user);
    // Its own variable beats those that are for any registry.
    const any = { DOCKER_USERNAME: "me", DOCKER_PASSWORD: "x" };
    equal(
      await userFor(name, { ...VARIABLES, ...any }),
      user ?? "me by DOCKER_PASSWORD",
    );
  });
}

Deno.test("findOciCredentials() knows the key of a service account", async () => {
  const env = { GCR_TOKEN: ' {"type":"service_account"}\n' };
  deepEqual(await find("gcr.io/p/a", env), {
    kind: "password",
    username: "_json_key",
    password: '{"type":"service_account"}',
    source: "GCR_TOKEN",
  });
  equal(await find("gcr.io/p/a", { DOCKER_USERNAME: "half" }), undefined);
});

/** Writes what `docker login` does, and returns the environment that leads to it. */
async function withConfig(dir: TempDir, config: unknown): Promise<Env> {
  await Deno.mkdir(dir.join(".docker"), { recursive: true });
  await Deno.writeTextFile(
    dir.join(".docker", "config.json"),
    typeof config === "string" ? config : JSON.stringify(config),
  );
  return { HOME: dir.path };
}

Deno.test("findOciCredentials() reads what docker login wrote", async () => {
  await using dir = await TempDir.create();
  const auth = btoa("user:pa:ss");
  const env = await withConfig(dir, {
    auths: {
      "https://index.docker.io/v1/": { auth },
      "ghcr.io": { auth: btoa("gh:x\0") },
      "https://quay.io/v2/": { username: "q", password: "y" },
      "app.azurecr.io": {
        auth: btoa("00000000-0000-0000-0000-000000000000:"),
        identitytoken: "refresh",
      },
      "localhost:5000": {},
    },
  });
  const source = `"${dir.join(".docker", "config.json")}"`;
  for (const hub of ["nginx", "docker.io/acme/web", "index.docker.io/a/b"]) {
    deepEqual(await find(hub, env), {
      kind: "password",
      username: "user",
      password: "pa:ss",
      source,
    });
  }
  equal(await userFor("quay.io/a/b", env), `q by ${source}`);
  const github = await find("ghcr.io/a/b", env);
  ok(github?.kind === "password" && github.password === "x");
  deepEqual(await find("app.azurecr.io/a", env), {
    kind: "identity",
    token: "refresh",
    source,
  });
  for (const other of ["localhost:5000/a", "localhost/a", "xghcr.io/a"]) {
    equal(await find(other, env), undefined);
  }
  equal(
    await userFor("ghcr.io/a/b", { ...env, ...VARIABLES }),
    "token by GITHUB_TOKEN",
  );
});

Deno.test("findOciCredentials() takes the longest of podman's entries that fits", async () => {
  await using dir = await TempDir.create();
  const entry = (user: string) => ({ auth: btoa(`${user}:x`) });
  const path = dir.join("auth.json");
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      auths: {
        "quay.io": entry("all"),
        "quay.io/acme": entry("acme"),
        "quay.io/acme/web": entry("web"),
        "docker.io/library": entry("hub"),
      },
    }),
  );
  const env = { REGISTRY_AUTH_FILE: path };
  const users = [
    "quay.io/other/web",
    "quay.io/acme2/web",
    "quay.io/acme/app",
    "quay.io/acme/web",
    "nginx",
  ];
  deepEqual(
    await Promise.all(users.map((name) => userFor(name, env))),
    ["all", "all", "acme", "web", "hub"].map((user) => `${user} by "${path}"`),
  );
});

Deno.test("findOciCredentials() reads podman's files when Docker's says nothing", async () => {
  await using dir = await TempDir.create();
  const home = await withConfig(dir, { auths: { "other.example": {} } });
  const write = async (folder: string, user: string) => {
    await Deno.mkdir(`${folder}/containers`, { recursive: true });
    const auths = { "quay.io": { auth: btoa(`${user}:x`) } };
    await Deno.writeTextFile(
      `${folder}/containers/auth.json`,
      JSON.stringify({ auths }),
    );
  };
  await write(dir.join(".config"), "config");
  ok((await userFor("quay.io/a/b", home))?.startsWith("config by "));
  await write(dir.join("run"), "runtime");
  const env = { ...home, XDG_RUNTIME_DIR: dir.join("run") };
  ok((await userFor("quay.io/a/b", env))?.startsWith("runtime by "));
  await Deno.mkdir(dir.join("own"));
  const own = { auths: { "quay.io": { auth: btoa("docker:x") } } };
  await Deno.writeTextFile(dir.join("own", "config.json"), JSON.stringify(own));
  const docker = { ...env, DOCKER_CONFIG: dir.join("own") };
  ok((await userFor("quay.io/a/b", docker))?.startsWith("docker by "));
});

Deno.test("findOciCredentials() asks the helper of the registry, then that of all, then the file", async () => {
  await using dir = await TempDir.create();
  const env = await withConfig(dir, {
    credHelpers: { "gcr.io": "gcloud", "docker.io": "hub" },
    credsStore: "pass",
    auths: { "gcr.io": { auth: btoa("file:x") }, "quay.io": {} },
  });
  const answer = (username: string) => ({ username, secret: "x" });
  const own = { "gcloud gcr.io": answer("own"), "pass gcr.io": answer("all") };
  const user = async (name: string, helpers: Helpers) => {
    const found = await find(name, env, helpers);
    return found?.kind === "password" ? found.username : undefined;
  };
  equal(await user("gcr.io/p/a", own), "own");
  equal(await user("gcr.io/p/a", { "pass gcr.io": answer("all") }), "all");
  equal(await user("gcr.io/p/a", {}), "file");
  equal(await user("quay.io/a/b", {}), undefined);
  const hub = { "hub https://index.docker.io/v1/": answer("<token>") };
  deepEqual(await find("nginx", env, hub), {
    kind: "identity",
    token: "x",
    source: "docker-credential-hub",
  });
  const broken = { "gcloud gcr.io": new SourceError("denied", "It failed") };
  await rejects(find("gcr.io/p/a", env, broken), /It failed/);
});

Deno.test("findOciCredentials() says which file it cannot read, and nothing of what is in it", async () => {
  for (const config of ["{s3cr3t", "[]", '"s3cr3t"']) {
    await using dir = await TempDir.create();
    const env = await withConfig(dir, config);
    await rejects(find("quay.io/a", env), (error) => {
      ok(error instanceof ConfigError && error.hint !== undefined);
      ok(error.message.includes(dir.join(".docker", "config.json")));
      return !Deno.inspect(error, { depth: 9 }).includes("s3cr3t");
    });
  }
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join(".docker", "config.json"), { recursive: true });
  await rejects(find("quay.io/a", { HOME: dir.path }), ConfigError);
  equal(await find("quay.io/a", { HOME: dir.join("nobody") }), undefined);
});
