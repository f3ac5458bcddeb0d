import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { OciClient } from "../../../src/client/oci_client.ts";
import type { OciCredentials } from "../../../src/client/oci_credentials.ts";
import { OciStandIn } from "../../support/oci_stand_in.ts";

const NEVER = new AbortController().signal;
const DIGEST = `sha256:${"0a".repeat(32)}`;
const CREDENTIALS: OciCredentials = {
  kind: "password",
  username: "robot",
  password: "s3cr3t-pass",
  source: "DOCKER_PASSWORD",
};
const BASIC = `Basic ${btoa("robot:s3cr3t-pass")}`;

function open(
  { host }: OciStandIn,
  options: { readonly insecure?: boolean } = {},
): OciClient {
  return new OciClient({
    registry: host,
    repository: "acme/app",
    credentials: CREDENTIALS,
    timeoutMs: 2_000,
    ...options,
  });
}

function unauthorized(challenge: string): Response {
  const headers = { "www-authenticate": challenge };
  return new Response(null, { status: 401, headers });
}

function isError(code: SourceError["code"], message: RegExp) {
  return (error: unknown) => {
    ok(error instanceof SourceError, String(error));
    equal(error.code, code, error.message);
    ok(message.test(error.message), error.message);
    ok(!Deno.inspect(error, { depth: 9 }).includes("s3cr3t-pass"));
    return error.hint !== undefined;
  };
}

Deno.test("OciClient asks for a digest by HEAD, and never for a manifest", async () => {
  await using registry = new OciStandIn((url) =>
    url.pathname.endsWith("/list")
      ? Response.json({ tags: ["v1.0.0"] })
      : new Response(null, { headers: { "docker-content-digest": DIGEST } })
  );
  const client = open(registry);
  await client.tags(NEVER);
  equal(await client.digest("v1.0.0", NEVER), DIGEST);
  deepEqual(registry.requests.map(({ line }) => line), [
    "GET /v2/acme/app/tags/list?n=1000",
    "HEAD /v2/acme/app/manifests/v1.0.0",
  ]);
  deepEqual(registry.requests[1]?.accept?.split(", "), [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ]);
  // Nobody asked who it is.
  deepEqual(registry.requests.map((seen) => seen.authorization), [null, null]);
});

Deno.test("OciClient takes no digest but one of SHA-256", async () => {
  for (const digest of ["", "sha256:0a", "sha512:0a", `${DIGEST}/../x`]) {
    await using registry = new OciStandIn(() =>
      new Response(null, { headers: { "docker-content-digest": digest } })
    );
    await rejects(
      open(registry).digest("v1", NEVER),
      isError("invalid", /^Cannot look up ".*acme\/app:v1": the answer has no/),
    );
  }
});

Deno.test("OciClient shows nobody else who it is when it is redirected", async () => {
  await using other = new OciStandIn(({ host }) =>
    unauthorized(`Basic realm="give me", Bearer realm="http://${host}/token"`)
  );
  await using registry = new OciStandIn((url, request) => {
    if (request.headers.get("authorization") === null) {
      return unauthorized('Basic realm="x"');
    }
    return Response.redirect(`${other.origin}${url.pathname}`, 307);
  });
  await rejects(open(registry).tags(NEVER), isError("denied", /status 401/));
  deepEqual(
    other.requests.map(({ line, authorization }) => [line, authorization]),
    [
      ["GET /v2/acme/app/tags/list", null],
    ],
  );
  equal(registry.requests.at(-1)?.authorization, BASIC);
});

Deno.test("OciClient follows redirects, but not for ever", async () => {
  await using registry = new OciStandIn((url) =>
    url.pathname.startsWith("/v2/")
      ? new Response(null, { status: 308, headers: { location: "/moved" } })
      : Response.json({ tags: ["v1.0.0"] })
  );
  deepEqual(await open(registry).tags(NEVER), ["v1.0.0"]);
  await using circle = new OciStandIn((url) => Response.redirect(url));
  await rejects(open(circle).tags(NEVER), isError("invalid", /without end/));
  equal(circle.requests.length, 6);
});

Deno.test("OciClient gives credentials to no realm without TLS, loopback aside", async () => {
  const realms = [
    "http://auth.example.com/token",
    "http://127.0.0.1.example.com/token",
    "https://robot:pw@auth.example.com/token",
    "ftp://127.0.0.1/token",
    "/token",
    "",
  ];
  for (const realm of realms) {
    await using registry = new OciStandIn(() =>
      unauthorized(`Bearer realm="${realm}",service="x"`)
    );
    await rejects(
      open(registry).tags(NEVER),
      isError("denied", /sends for a token to .* without TLS/),
    );
  }
});

Deno.test("OciClient does not send the same password again that was refused", async () => {
  await using registry = new OciStandIn(() => unauthorized("basic"));
  const client = open(registry);
  for (const count of [2, 3]) {
    await rejects(client.tags(NEVER), isError("denied", /status 401/));
    equal(registry.requests.length, count);
  }
});

Deno.test("OciClient asks for the scope that the registry names", async () => {
  await using realm = new OciStandIn(() =>
    Response.json({ access_token: "token-of-realm" })
  );
  await using registry = new OciStandIn((url, request) => {
    const authorization = request.headers.get("authorization");
    const isTags = url.pathname.endsWith("/list");
    const scope = isTags ? "repository:acme/app:metadata_read" : "a:b:c d:e:f";
    if (authorization !== "Bearer token-of-realm") {
      return unauthorized(
        `Bearer realm="${realm.origin}/token?account=x",service="a,b",scope="${scope}"`,
      );
    }
    return isTags
      ? Response.json({ tags: [] })
      : new Response(null, { status: 404 });
  });
  const client = open(registry);
  deepEqual(await client.tags(NEVER), []);
  equal(await client.digest("v1", NEVER), undefined);
  deepEqual(realm.requests.map(({ line }) => decodeURIComponent(line)), [
    "GET /token?account=x&service=a,b&scope=repository:acme/app:metadata_read",
    "GET /token?account=x&service=a,b&scope=a:b:c&scope=d:e:f",
  ]);
  ok(realm.requests.every(({ authorization }) => authorization === BASIC));
});

Deno.test("OciClient turns pages on the registry's own host only", async () => {
  const pages: Readonly<Record<string, readonly [string, string]>> = {
    "": ["v1.0.0", '</v2/acme/app/tags/list?last=a>; rel="next"'],
    // What a registry believes to be called behind a proxy.
    a: ["v2.0.0", "<http://127.0.0.1/v2/acme/app/tags/list?last=b>; rel=next"],
    b: [
      "v3.0.0",
      '</first>; rel="first", <?last=c>; type="a,b"; rel="next last"',
    ],
    c: ["v4.0.0", '</first>; rel="first"'],
  };
  await using registry = new OciStandIn((url) => {
    const [tag, link] = pages[url.searchParams.get("last") ?? ""] ?? ["", ""];
    return Response.json({ tags: [tag, "../no-tag"] }, { headers: { link } });
  });
  deepEqual(await open(registry).tags(NEVER), [
    "v1.0.0",
    "v2.0.0",
    "v3.0.0",
    "v4.0.0",
  ]);
  await using lured = new OciStandIn(() =>
    Response.json({ tags: [] }, {
      headers: { link: '<http://localhost/v2/>; rel="next"' },
    })
  );
  await rejects(
    open(lured).tags(NEVER),
    isError("denied", /the next page is on localhost/),
  );
});

Deno.test("OciClient gives a listing up that does not end", async () => {
  await using registry = new OciStandIn((url) =>
    Response.json({ tags: [] }, {
      headers: { link: `<${url.pathname}>; rel="next"` },
    })
  );
  await rejects(open(registry).tags(NEVER), isError("invalid", /100 pages/));
  equal(registry.requests.length, 100);
  const endless = new Uint8Array(1024 * 1024);
  await using flood = new OciStandIn(() =>
    new Response(
      new ReadableStream({ pull: (stream) => stream.enqueue(endless) }),
    )
  );
  await rejects(open(flood).tags(NEVER), isError("invalid", /larger than 16/));
});

Deno.test("OciClient tells by status what to do", async () => {
  const answers: readonly (readonly [number, SourceError["code"], number])[] = [
    [403, "denied", 0],
    [404, "not-found", 0],
    [418, "invalid", 0],
    [429, "unavailable", 60_000],
  ];
  for (const [status, code, retryAfterMs] of answers) {
    const errors = [{ code: "NAME_UNKNOWN", message: "<b>secret</b>" }];
    await using registry = new OciStandIn(() =>
      Response.json({ errors }, { status })
    );
    await rejects(open(registry).tags(NEVER), (error) => {
      ok(error instanceof SourceError);
      equal(
        error.message,
        `Cannot list the tags of "${registry.host}/acme/app": status ${status} (NAME_UNKNOWN)`,
      );
      equal(error.retryAfterMs, retryAfterMs);
      return isError(code, /status/)(error);
    });
    equal(registry.requests.length, 1);
  }
});

Deno.test("OciClient says that nobody answers", async () => {
  const client = new OciClient({ registry: "127.0.0.1:9", repository: "a" });
  await rejects(
    client.tags(NEVER),
    isError("unavailable", /^Cannot list the tags of "127\.0\.0\.1:9\/a"/),
  );
});
