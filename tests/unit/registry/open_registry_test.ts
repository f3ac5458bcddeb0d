import { deepEqual, ok, rejects } from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { openRegistry } from "../../../src/registry/open_registry.ts";

const OPTIONS = {
  slot: "",
  platform: { os: "linux", arch: "amd64" },
  env: {},
};

async function failure(
  url: string,
): Promise<[string, string | undefined]> {
  try {
    await openRegistry(url, OPTIONS);
  } catch (error) {
    ok(error instanceof ConfigError, String(error));
    return [error.message, error.hint];
  }
  throw new Error(`"${url}" was opened`);
}

Deno.test("openRegistry() says which schemes there are", async () => {
  const [unknown, hint] = await failure("toString://x/y");
  deepEqual(
    unknown,
    'Cannot open registry "toString://x/y": scheme "tostring" is unknown',
  );
  ok(hint?.startsWith("Use one of ") && hint.includes("img://"), hint);
});

Deno.test("openRegistry() refuses a relative folder", async () => {
  deepEqual(await failure("file://rel/x"), [
    'Cannot open registry "file://rel/x": the folder must be absolute',
    "Write three slashes: file:///srv/app",
  ]);
});

Deno.test("openRegistry() refuses bad options before the first look-up", async () => {
  const urls = [
    "file:///x?artefact=a",
    "file:///x?pre-release=maybe",
    "file:///x?version=newest",
    "file:///x?calver=none",
    "",
    "/srv/app",
  ];
  for (const url of urls) {
    await rejects(openRegistry(url, OPTIONS), ConfigError);
  }
});

Deno.test("openRegistry() opens images wherever they are", async () => {
  const urls = [
    "img://nginx",
    "img://owner/app?insecure=false",
    "img://docker.io/nginx/",
    "img://ghcr.io/acme/web?version=^1.4&pre-release=true",
    "img://GHCR.io:443/acme/web?constraint=1.x",
    "img://127.0.0.1:5000/a/b/c?calver=YYYY.0M.MICRO",
    "img://[::1]:5000/a__b/c-d",
    "img://reg_istry:5000/app?insecure=true",
    "img://localhost/app",
  ];
  for (const url of urls) await openRegistry(url, OPTIONS);
});

Deno.test("openRegistry() refuses what names no repository of images", async () => {
  const [message, hint] = await failure("img://ghcr.io/acme/web:v1.2.3");
  deepEqual(
    message,
    'Cannot open registry "img://ghcr.io/acme/web:v1.2.3": it names a tag or a digest',
  );
  ok(hint?.includes("?version=v1.2.3"), hint);
  const urls = [
    "img://nginx:1.21",
    "img://ghcr.io/acme/web@sha256:00",
    "img://ghcr.io/",
    "img://ghcr.io/Acme/web",
    "img://ghcr.io/a//b",
    "img://ghcr.io/../v2/x",
    "img://user:pw@ghcr.io/acme/web",
    "img://ghcr.io:99999/acme/web",
    "img://ghcr.io/acme/web?artifact=x",
    "img://ghcr.io/acme/web?insecure=perhaps",
    "img://ghcr.io/acme/web?version=1.x&constraint=1.x",
    `img://ghcr.io/${"a".repeat(300)}`,
  ];
  for (const url of urls) {
    await rejects(openRegistry(url, OPTIONS), ConfigError, url);
  }
});

Deno.test("openRegistry() takes the CalVer format of the command line first", async () => {
  await openRegistry("file:///x?calver=none", {
    ...OPTIONS,
    calver: "YYYY.0M",
  });
  await rejects(
    openRegistry("FILE:///x", { ...OPTIONS, calver: "none" }),
    ConfigError,
  );
});
