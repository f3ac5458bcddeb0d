import { deepEqual, ok } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { ConfigError } from "../../../src/base/errors.ts";
import { readGithubCredentials } from "../../../src/client/github_credentials.ts";
import { TempDir } from "../../support/temp_dir.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PKCS1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const PKCS8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const APP = { GITHUB_APP_ID: "12", GITHUB_APP_INSTALLATION_ID: "34" };

async function failure(
  env: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    await readGithubCredentials(env);
  } catch (error) {
    ok(error instanceof ConfigError, String(error));
    return `${error.message} ${error.hint}`;
  }
  throw new Error("They were accepted");
}

Deno.test("readGithubCredentials() takes GH_TOKEN before GITHUB_TOKEN", async () => {
  const env = { GH_TOKEN: " ghp_a\n", GITHUB_TOKEN: "ghp_b" };
  const token = (token: string, source: string) => ({
    kind: "token",
    token,
    source,
  });
  deepEqual(await readGithubCredentials(env), token("ghp_a", "GH_TOKEN"));
  deepEqual(
    await readGithubCredentials({ ...env, GH_TOKEN: "" }),
    token("ghp_b", "GITHUB_TOKEN"),
  );
});

Deno.test("readGithubCredentials() names the variables when there are none", async () => {
  const text = await failure({});
  for (const name of ["GH_TOKEN", "GITHUB_TOKEN", "GITHUB_APP_ID"]) {
    ok(text.includes(name), text);
  }
  ok(!(await failure({ GH_TOKEN: "ghp x" })).includes("ghp x"));
});

Deno.test("readGithubCredentials() takes an App before a token, its key as text or file", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(dir.join("key.pem"), PKCS8);
  const keys = [
    { GITHUB_APP_PRIVATE_KEY: PKCS1 },
    { GITHUB_APP_PRIVATE_KEY: PKCS8.replaceAll("\n", "\\n") },
    { GITHUB_APP_PRIVATE_KEY_PATH: dir.join("key.pem") },
  ];
  for (const key of keys) {
    const env = { GH_TOKEN: "ghp_a", ...APP, ...key };
    const app = await readGithubCredentials(env);
    ok(app.kind === "app");
    deepEqual([app.appId, app.installationId], ["12", 34]);
    ok(app.privateKey.includes("\n"));
  }
});

Deno.test("readGithubCredentials() says what an App lacks, and repeats no key", async () => {
  const { privateKey: ec } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ecPem = ec.export({ type: "pkcs8", format: "pem" }).toString();
  ok((await failure(APP)).includes("GITHUB_APP_PRIVATE_KEY_PATH"));
  ok(
    (await failure({ GITHUB_APP_ID: "12", GITHUB_APP_PRIVATE_KEY: PKCS1 }))
      .includes("GITHUB_APP_INSTALLATION_ID"),
  );
  ok((await failure({ ...APP, GITHUB_APP_ID: "x" })).includes("no number"));
  for (const key of [ecPem, "no key at all", PKCS1.slice(0, 400)]) {
    const text = await failure({ ...APP, GITHUB_APP_PRIVATE_KEY: key });
    ok(text.includes("no RSA private key"), text);
    ok(!text.includes(key.slice(-9)), text);
  }
  const path = "/nowhere/key.pem";
  ok(
    (await failure({ ...APP, GITHUB_APP_PRIVATE_KEY_PATH: path }))
      .includes(path),
  );
});
