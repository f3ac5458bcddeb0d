import assert from "node:assert/strict";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import { cacheKey } from "../../../src/base/release.ts";
import { Fetcher } from "../../../src/fetcher/fetcher.ts";
import { isolatePermissions } from "../../../src/fetcher/isolate_permissions.ts";
import { RegistryFolder } from "../../support/registry_folder.ts";
import { TempDir } from "../../support/temp_dir.ts";

const FAULTY = new URL("../../fixtures/faulty_worker.ts", import.meta.url);
const NEVER = new AbortController().signal;
const OBTAIN = {
  trustedSha256: undefined,
  requireChecksum: false,
  maxBytes: 1e6,
};
const LIMITS = {
  maxBytes: 1e6,
  maxFileBytes: 1e6,
  maxEntries: 100,
  maxDepth: 9,
};

function open(
  registryUrl: string,
  cwd: string,
  options: { readonly module?: URL; readonly silenceMs?: number } = {},
): Promise<Fetcher> {
  const place = { registryUrl, cacheUrl: undefined, cwd, env: {} };
  return Fetcher.open({
    settings: {
      ...place,
      slot: "",
      calver: undefined,
      platform: { os: "linux", arch: "amd64" },
      maxArtifactBytes: 1e6,
      requireChecksum: false,
      node: "test:1",
    },
    permissions: isolatePermissions({ ...place, hosts: [] }),
    emit: () => undefined,
    ...options,
  });
}

Deno.test("Fetcher looks up, downloads and unpacks in its isolate", async () => {
  await using dir = await TempDir.create();
  const registry = await RegistryFolder.create(dir.join("registry"));
  const artifactName = "app_linux_amd64.tar.gz";
  await registry.publish("v1.2.3", { artifactName, checksum: "right" });
  const releases = dir.join("work", "releases", ".staging-incoming");
  await Deno.mkdir(`${releases}/new`, { recursive: true });
  using fetcher = await open(registry.url, dir.join("work"));
  const latest = await fetcher.latest(NEVER);
  assert.ok(latest.kind === "release");
  const { release } = latest;
  const { entry, verifiedBy } = await fetcher.obtain(release, OBTAIN, NEVER);
  assert.equal(verifiedBy, `${artifactName}.sha256`);
  assert.equal(entry.key, cacheKey(release));
  const archive = { path: entry.path, name: artifactName };
  const options = { limits: LIMITS, signal: NEVER };
  const plan = await fetcher.unpack(archive, `${releases}/new`, options);
  assert.equal(plan.entries, 1);
  assert.equal(await Deno.readTextFile(`${releases}/new/VERSION`), "v1.2.3\n");
  await fetcher.cache.writeCurrent(entry.key);
  assert.equal(await fetcher.cache.readCurrent(), entry.key);
});

Deno.test("Fetcher hands on errors as they are", async () => {
  await using dir = await TempDir.create();
  await assert.rejects(
    open("file:///srv/x?artefact=a", dir.path),
    (error) => error instanceof ConfigError && error.hint !== undefined,
  );
  using fetcher = await open(`file://${dir.join("missing")}`, dir.path);
  await assert.rejects(
    fetcher.latest(NEVER),
    (error) => error instanceof SourceError && error.code === "not-found",
  );
});

Deno.test("Fetcher rejects an aborted call with the reason of its signal", async () => {
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join("work"));
  using fetcher = await open("hang-not:x", dir.path, { module: FAULTY });
  const reason = new Error("called off");
  const controller = new AbortController();
  controller.abort(reason);
  await assert.rejects(fetcher.latest(controller.signal), reason);
});

for (const fault of ["throw", "exit", "hang"]) {
  Deno.test(`Fetcher fails the call when its isolate dies (${fault}), and starts another for the next`, async () => {
    await using dir = await TempDir.create();
    const options = { module: FAULTY, silenceMs: 1_500 };
    using fetcher = await open(`${fault}:x`, dir.path, options);
    for (let attempt = 0; attempt < 2; attempt++) {
      const startedAt = Date.now();
      await assert.rejects(
        fetcher.latest(NEVER),
        (error) =>
          error instanceof SourceError && error.code === "unavailable" &&
          error.message.startsWith(
            "The isolate that reads the registry has ended",
          ),
      );
      assert.ok(Date.now() - startedAt < 8_000);
    }
  });
}

Deno.test("Fetcher ends an isolate that does not stop when it is asked to", async () => {
  await using dir = await TempDir.create();
  const options = { module: FAULTY, silenceMs: 2_000 };
  using fetcher = await open("mute:x", dir.path, options);
  const controller = new AbortController();
  const reason = new Error("called off");
  setTimeout(() => controller.abort(reason), 100);
  const startedAt = Date.now();
  await assert.rejects(fetcher.latest(controller.signal), reason);
  assert.ok(Date.now() - startedAt < 3_000);
});

Deno.test("Fetcher does not believe what its isolate answers", async () => {
  await using dir = await TempDir.create();
  const answer = {
    kind: "release",
    incomplete: [],
    release: {
      id: "1",
      tag: "../../x",
      artifactUrl: "s3://r/b/x",
      artifactName: "x",
      checksumUrls: [],
      slot: "",
    },
  };
  const url = `answer:${JSON.stringify(answer)}`;
  using fetcher = await open(url, dir.path, { module: FAULTY });
  await assert.rejects(fetcher.latest(NEVER), (error) => {
    assert.ok(error instanceof SourceError);
    assert.equal(
      error.message,
      'The isolate that reads the registry has ended: it sent what cannot be understood: the answer to "latest".release.tag "../../x": it begins with a dot',
    );
    return true;
  });
});

for (const fault of ["null", "event"]) {
  Deno.test(`Fetcher survives an isolate that sends what cannot be understood (${fault})`, async () => {
    await using dir = await TempDir.create();
    using fetcher = await open(`${fault}:x`, dir.path, { module: FAULTY });
    await assert.rejects(
      fetcher.latest(NEVER),
      /it sent what cannot be understood/,
    );
  });
}
