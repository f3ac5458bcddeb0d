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
  deepEqual(await failure("ghr://o/r?artifact=x"), [
    'Cannot open registry "ghr://o/r?artifact=x": GitHub Releases are not available in this version',
    "Use one of file://",
  ]);
  deepEqual(await failure("toString://x/y"), [
    'Cannot open registry "toString://x/y": scheme "tostring" is unknown',
    "Use one of file://",
  ]);
  for (const scheme of ["s3", "gs", "grpc", "img"]) {
    const [message] = await failure(`${scheme}://a/b`);
    ok(message.endsWith("are not available in this version"), message);
  }
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
