import { equal, ok } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { fileURLToPath } from "node:url";
import { DEWY_FLAGS } from "../../../scripts/runtime_flags.ts";
import { GoogleStub } from "../../support/google_stub.ts";
import { TempDir } from "../../support/temp_dir.ts";

function keyPair(): {
  readonly publicKey: string;
  readonly privateKey: string;
} {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

/** Writes the key file of a service account and returns its path. */
async function writeKeyFile(
  folder: TempDir,
  privateKey: string,
): Promise<string> {
  const path = folder.join("key.json");
  const account = {
    type: "service_account",
    "project_id": "test",
    "private_key_id": "1",
    "private_key": privateKey,
    "client_email": "dewy@test.iam.gserviceaccount.com",
    "client_id": "1",
    // Nobody may be asked here: the account signs for itself.
    "token_uri": "http://127.0.0.1:1/token",
  };
  await Deno.writeTextFile(path, JSON.stringify(account));
  return path;
}

/** Lists a bucket in a process of its own, with dewy's permissions and only this environment. */
async function list(
  stub: GoogleStub,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly out: string; readonly err: string }> {
  await using temp = await TempDir.create();
  const script = new URL("../../fixtures/list_gcs.ts", import.meta.url);
  const config = new URL("../../../deno.json", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      ...DEWY_FLAGS,
      "--config",
      fileURLToPath(config),
      fileURLToPath(script),
      stub.url,
    ],
    clearEnv: true,
    env: {
      HOME: temp.path,
      DENO_DIR: Deno.env.get("DENO_DIR") ??
        `${Deno.env.get("HOME")}/.cache/deno`,
      PATH: Deno.env.get("PATH") ?? "",
      ...env,
    },
  }).output();
  const decoder = new TextDecoder();
  return {
    out: decoder.decode(stdout).trim(),
    err: decoder.decode(stderr).trim(),
  };
}

Deno.test("a service account signs its own tokens", async () => {
  const { publicKey, privateKey } = keyPair();
  await using stub = await GoogleStub.start({ publicKey });
  await using temp = await TempDir.create();
  const path = await writeKeyFile(temp, privateKey);
  const { out, err } = await list(stub, {
    GOOGLE_APPLICATION_CREDENTIALS: path,
  });
  equal(out, "v1");
  equal(err, "");
});

Deno.test("the key of another service account is denied, and stays secret", async () => {
  const { publicKey } = keyPair();
  const { privateKey } = keyPair();
  await using stub = await GoogleStub.start({ publicKey });
  await using temp = await TempDir.create();
  const path = await writeKeyFile(temp, privateKey);
  const { out, err } = await list(stub, {
    GOOGLE_APPLICATION_CREDENTIALS: path,
  });
  ok(out.startsWith("denied Cannot list"), out);
  ok(out.includes("storage.objects.list"), out);
  const [, line = ""] = privateKey.split("\n");
  ok(line.length > 60 && !(out + err).includes(line));
});

Deno.test("the service account of the machine is used", async () => {
  await using stub = await GoogleStub.start({ token: "of-the-machine" });
  const { out, err } = await list(stub, { GCE_METADATA_HOST: stub.host });
  equal(out, "v1");
  equal(err, "");
});

Deno.test("no credentials at all are told", async () => {
  await using stub = await GoogleStub.start({});
  const { out } = await list(stub, { METADATA_SERVER_DETECTION: "none" });
  ok(out.startsWith("denied Cannot list"), out);
  ok(out.includes("no usable Google credentials"), out);
});
