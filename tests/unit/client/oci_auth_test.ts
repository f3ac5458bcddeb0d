import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { OciClient } from "../../../src/client/oci_client.ts";
import type { OciCredentials } from "../../../src/client/oci_credentials.ts";
import { ImagePush } from "../../support/image_push.ts";
import { BASIC_USER, ImageRegistry } from "../../support/image_registry.ts";
import { TokenRegistry } from "../../support/token_registry.ts";
import { IDENTITY_TOKEN, TOKEN_USER } from "../../support/token_server.ts";

const NEVER = new AbortController().signal;
const LINES = ["debian", "newest"] as const;

function password(
  user: { readonly username: string; readonly password: string },
): OciCredentials {
  return { kind: "password", ...user, source: "DOCKER_PASSWORD" };
}

const IDENTITY: OciCredentials = {
  kind: "identity",
  token: IDENTITY_TOKEN,
  source: '"/root/.docker/config.json"',
};

async function isDenied(
  asking: Promise<unknown>,
  secrets: readonly string[],
): Promise<SourceError> {
  const [result] = await Promise.allSettled([asking]);
  ok(result.status === "rejected", "it was let in");
  const error: unknown = result.reason;
  ok(error instanceof SourceError, String(error));
  equal(error.code, "denied", error.message);
  const shown = Deno.inspect(error, { depth: 20, showHidden: true }) +
    error.hint;
  for (const secret of secrets) ok(!shown.includes(secret), shown);
  return error;
}

for (const line of LINES) {
  Deno.test(`OciClient gets a token from the realm of a registry (${line})`, async () => {
    await using registry = await TokenRegistry.start({ line });
    const digest = await registry.push("private/app", "v1.0.0");
    for (const credentials of [password(TOKEN_USER), IDENTITY]) {
      const client = registry.open("private/app", { credentials });
      deepEqual(await client.tags(NEVER), ["v1.0.0"]);
      equal(await client.digest("v1.0.0", NEVER), digest);
      equal(await client.digest("v9.9.9", NEVER), undefined);
      const [first, ...others] = registry.tokens.requests.splice(0);
      deepEqual(others, [], "one token is enough for all");
      equal(first?.service, registry.tokens.service);
      deepEqual(first?.scopes, ["repository:private/app:pull"]);
      equal(first?.method, credentials.kind === "identity" ? "POST" : "GET");
    }
  });

  Deno.test(`OciClient asks as nobody where nobody is known (${line})`, async () => {
    await using registry = await TokenRegistry.start({ line });
    const digest = await registry.push("public/app", "v1.0.0");
    const client = registry.open("public/app");
    equal(await client.digest("v1.0.0", NEVER), digest);
    const [request] = registry.tokens.requests;
    equal(request?.authorization, null);
    const denied = await isDenied(
      registry.open("private/app").tags(NEVER),
      [],
    );
    const { host } = registry.registry;
    equal(
      denied.message,
      `Cannot list the tags of "${host}/private/app": status 401 (UNAUTHORIZED)`,
    );
    ok(denied.hint?.startsWith(`Log in with "docker login ${host}"`));
  });

  Deno.test(`OciClient proves itself by Basic where that is wanted (${line})`, async () => {
    await using registry = await ImageRegistry.start({
      line,
      auth: { kind: "basic" },
    });
    const { username, password: secret } = BASIC_USER;
    const basic = new TextEncoder().encode(`${username}:${secret}`).toBase64();
    const push = new ImagePush({
      origin: registry.origin,
      repository: "acme/app",
      headers: { authorization: `Basic ${basic}` },
    });
    const image = await push.image("v1.0.0", "app");
    const index = await push.index("v1.1.0", { "linux/amd64": image });
    const open = (credentials?: OciCredentials) =>
      new OciClient({
        registry: registry.host,
        repository: "acme/app",
        credentials,
      });
    const client = open(password(BASIC_USER));
    deepEqual((await client.tags(NEVER)).sort(), ["v1.0.0", "v1.1.0"]);
    equal(await client.digest("v1.0.0", NEVER), image.digest);
    equal(await client.digest("v1.1.0", NEVER), index.digest);
    const wrong = { username: "dewy", password: "wrong-password" };
    const denied = await isDenied(open(password(wrong)).tags(NEVER), [
      wrong.password,
      btoa("dewy:wrong-password"),
    ]);
    ok(denied.hint?.includes("DOCKER_PASSWORD"), denied.hint);
    await isDenied(open().tags(NEVER), []);
    await isDenied(open(IDENTITY).tags(NEVER), [IDENTITY_TOKEN]);
  });
}

Deno.test("OciClient keeps tokens until shortly before their end", async () => {
  await using registry = await TokenRegistry.start();
  await registry.push("public/app", "v1.0.0");
  let now = Date.now();
  const client = registry.open("public/app", { now: () => now });
  await client.tags(NEVER);
  now += 269_000;
  await client.tags(NEVER);
  equal(registry.tokens.requests.length, 1);
  now += 2_000;
  await client.tags(NEVER);
  equal(registry.tokens.requests.length, 2);
});

Deno.test("OciClient gets another token when the registry refuses the one it has", async () => {
  await using registry = await TokenRegistry.start();
  await registry.push("public/app", "v1.0.0");
  const client = registry.open("public/app");
  // Signed already over, though the realm says that it lives on.
  registry.tokens.lifetime = -3600;
  await isDenied(client.tags(NEVER), []);
  registry.tokens.lifetime = 300;
  deepEqual(await client.tags(NEVER), ["v1.0.0"]);
});

Deno.test("OciClient says whose credentials a realm refuses", async () => {
  await using registry = await TokenRegistry.start();
  const wrong = { username: "robot", password: "wrong-password" };
  for (
    const credentials of [password(wrong), {
      ...IDENTITY,
      token: "wrong-identity",
    }]
  ) {
    const client = registry.open("private/app", { credentials });
    const denied = await isDenied(client.tags(NEVER), [
      "wrong-password",
      "wrong-identity",
      btoa("robot:wrong-password"),
      TOKEN_USER.password,
    ]);
    equal(
      denied.message,
      `Cannot get a token from "${registry.tokens.host}": status 401`,
    );
    ok(denied.hint?.includes(credentials.source), denied.hint);
  }
});

Deno.test("OciClient tells of realms that give no token", async () => {
  await using registry = await TokenRegistry.start();
  const answers: readonly (readonly [() => Response, string])[] = [
    [() => new Response("<html>"), "invalid"],
    [() => Response.json({ token: "a\nb" }), "invalid"],
    [() => Response.json(null), "invalid"],
    [() => new Response("x".repeat(300_000)), "invalid"],
    [() => new Response(null, { status: 403 }), "denied"],
    [
      () =>
        new Response(null, { status: 429, headers: { "retry-after": "9" } }),
      "unavailable",
    ],
    // The credentials would go along.
    [() => Response.redirect(`${registry.registry.origin}/v2/`), "invalid"],
  ];
  for (const [answer, code] of answers) {
    registry.tokens.answer = answer;
    const client = registry.open("private/app", {
      credentials: password(TOKEN_USER),
    });
    await rejects(client.tags(NEVER), (error) => {
      ok(error instanceof SourceError, String(error));
      equal(error.code, code, error.message);
      equal(error.retryAfterMs, code === "unavailable" ? 9_000 : 0);
      return error.hint !== undefined;
    });
  }
});

Deno.test("OciClient asks over TLS, and trusts an authority that it is told", async () => {
  await using registry = await TokenRegistry.start({ tls: true });
  const ca = await Deno.readTextFile(registry.tokens.certificates.ca);
  using client = Deno.createHttpClient({ caCerts: [ca] });
  const digest = await registry.push("private/app", "v1.0.0", client);
  const options = { credentials: password(TOKEN_USER), insecure: false };
  const trusting = registry.open("private/app", { ...options, ca });
  deepEqual(await trusting.tags(NEVER), ["v1.0.0"]);
  equal(await trusting.digest("v1.0.0", NEVER), digest);
  await rejects(registry.open("private/app", options).tags(NEVER), {
    code: "unavailable",
  });
});
