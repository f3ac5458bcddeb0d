import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DEWY_FLAGS } from "../../../scripts/runtime_flags.ts";
import { SourceError } from "../../../src/base/errors.ts";
import { S3Store } from "../../../src/client/s3_store.ts";
import { type S3Keys, S3Server } from "../../support/s3_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const server = await S3Server.start();
const NEVER = new AbortController().signal;
const TEXT = { contentType: "text/plain", signal: NEVER };

/** The policy of docs/registries/s3.md. */
function policyFor(bucket: string): unknown {
  const arn = `arn:aws:s3:::${bucket}`;
  const records = `${arn}/myapp/*/shipped_to_*`;
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:ListBucket", Resource: arn },
      { Effect: "Allow", Action: "s3:GetObject", Resource: `${arn}/myapp/*` },
      { Effect: "Allow", Action: "s3:PutObject", Resource: records },
    ],
  };
}

function storeOf(bucket: string, keys: S3Keys = server.keys): S3Store {
  const { region, endpoint } = server;
  return new S3Store({ region, endpoint, bucket, env: server.env(keys) });
}

Deno.test("a wrong secret is denied, and stays one", async () => {
  const bucket = await server.createBucket();
  const secretAccessKey = "wrong/secret/that/nobody/may/see";
  const wrong = storeOf(bucket, { ...server.keys, secretAccessKey });
  await rejects(wrong.listFolders("", NEVER), (error) => {
    ok(error instanceof SourceError);
    equal(error.code, "denied");
    equal(
      error.hint,
      "The secret access key is wrong, or a proxy changes the request",
    );
    const told = Deno.inspect(error, { depth: 10, showHidden: true });
    ok(!told.includes(secretAccessKey), told);
    ok(!told.includes(server.keys.accessKeyId), told);
    return true;
  });
  const unknown = { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" };
  await rejects(storeOf(bucket, unknown).write("k", new Uint8Array(), TEXT), {
    code: "denied",
  });
  deepEqual(await storeOf(bucket).listFolders("", NEVER), []);
});

Deno.test("the policy of the docs lets a registry do its work, and no more", async () => {
  const bucket = await server.createBucket();
  await server.put(bucket, [["myapp/v1/app", "x"], ["other/v1/app", "x"]]);
  const store = storeOf(bucket, await server.createUser(policyFor(bucket)));
  deepEqual(await store.listFolders("myapp/", NEVER), ["v1"]);
  await (await store.open("myapp/v1/app", NEVER)).stream.cancel();
  await store.storedSha256("myapp/v1/app", NEVER);
  const record = "myapp/v1/shipped_to_web1.txt";
  await store.write(record, new Uint8Array(), TEXT);
  const isDenied = (permission: string) => (error: unknown) =>
    error instanceof SourceError && error.code === "denied" &&
    error.hint === `Check the credentials; they must allow ${permission}`;
  await rejects(
    store.write("myapp/v1/app", new Uint8Array(), TEXT),
    isDenied("s3:PutObject"),
  );
  await rejects(store.remove(record, NEVER), isDenied("s3:DeleteObject"));
  await rejects(store.open("other/v1/app", NEVER), isDenied("s3:GetObject"));
});

Deno.test("no credentials at all are told", async () => {
  const output = await listInOwnProcess("bucket", { AWS_REGION: "x" });
  ok(output.startsWith("denied Cannot list"), output);
  ok(output.includes("no AWS credentials found"), output);
});

Deno.test("the roles of web identities work, with dewy's permissions", async () => {
  const bucket = await server.createBucket();
  await server.put(bucket, [["myapp/v1/app", "x"]]);
  await using temp = await TempDir.create();
  await Deno.writeTextFile(temp.join("token"), "a web identity");
  const output = await listInOwnProcess(bucket, {
    AWS_ROLE_ARN: await server.createRole(policyFor(bucket)),
    AWS_WEB_IDENTITY_TOKEN_FILE: temp.join("token"),
    AWS_ENDPOINT_URL: server.endpoint,
  });
  equal(output, "v1");
});

Deno.test("storedSha256() gives the checksum that was stored with an object", async () => {
  const bucket = await server.createBucket();
  const store = storeOf(bucket);
  await using temp = await TempDir.create();
  await Deno.writeTextFile(temp.join("file"), "the bytes");
  await store.writeFile("whole", temp.join("file"), NEVER);
  equal(
    await store.storedSha256("whole", NEVER),
    "ed589341c9fd5da96aaff4c5efa008226282a716186608d5a032ac75895a9c2f",
  );
  await server.put(bucket, [["none", "x"]]);
  equal(await store.storedSha256("none", NEVER), undefined);
  await rejects(store.storedSha256("missing", NEVER), { code: "not-found" });
});

/** Lists `myapp/` in a process of its own, whose environment is only what is given. */
async function listInOwnProcess(
  bucket: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  await using temp = await TempDir.create();
  const script = new URL("../../fixtures/list_bucket.ts", import.meta.url);
  const config = new URL("../../../deno.json", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      ...DEWY_FLAGS,
      "--config",
      fileURLToPath(config),
      fileURLToPath(script),
      `s3://${server.region}/${bucket}/myapp`,
    ],
    clearEnv: true,
    env: {
      HOME: temp.path,
      DENO_DIR: Deno.env.get("DENO_DIR") ??
        `${Deno.env.get("HOME")}/.cache/deno`,
      PATH: Deno.env.get("PATH") ?? "",
      // Otherwise the metadata service of a cloud is waited for.
      AWS_EC2_METADATA_DISABLED: "true",
      ...env,
    },
  }).output();
  const decoder = new TextDecoder();
  return (decoder.decode(stdout) + decoder.decode(stderr)).trim();
}
