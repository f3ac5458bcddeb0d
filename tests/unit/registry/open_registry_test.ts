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
  const [message, hint] = await failure("img://o/r?artifact=x");
  deepEqual(
    message,
    'Cannot open registry "img://o/r?artifact=x": container registries are not available in this version',
  );
  ok(hint?.startsWith("Use one of ") && hint.includes("file://"), hint);
  const [unknown] = await failure("toString://x/y");
  deepEqual(
    unknown,
    'Cannot open registry "toString://x/y": scheme "tostring" is unknown',
  );
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
