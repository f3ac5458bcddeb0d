import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import { openRegistry } from "../../../src/registry/open_registry.ts";
import type { Registry } from "../../../src/registry/registry.ts";
import { closeRegistry } from "../../conformance/grpc_harness.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { GrpcServer } from "../../support/grpc_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
const NOW = Date.UTC(2026, 0, 15);
let clock = NOW;
const OPTIONS = {
  slot: "",
  platform: { os: "linux", arch: "amd64" },
  env: {},
  now: () => clock,
};

interface Asked {
  readonly slot?: string;
  readonly query?: string;
}

async function withRegistry<T>(
  address: string,
  { slot = "", query = "no-tls=true" }: Asked,
  body: (registry: Registry) => Promise<T>,
): Promise<T> {
  const url = `grpc://${address}?${query}`;
  const registry = await openRegistry(url, { ...OPTIONS, slot });
  try {
    return await body(registry);
  } finally {
    closeRegistry(registry);
  }
}

Deno.test("latest() passes on what the server says, with artifacts of any kind", async () => {
  await using server = await GrpcServer.start();
  const urls = {
    "ghr://o/r/tag/v1/app.tar.gz": "app.tar.gz",
    "s3://r/b/a/v1/app%20x.zip?endpoint=http://h/x": "app x.zip",
    "gs://b/v1/100%.zip": "100%.zip",
    "https://h/dl/app.zip?token=a/b": "app.zip",
    "file:///srv/app.zip": "app.zip",
  };
  for (const [url, name] of Object.entries(urls)) {
    const answer = { id: "7", tag: "v1.0.0-rc.1+blue", "artifact_url": url };
    await server.answer({ answer });
    await withRegistry(server.address, {}, async (registry) => {
      deepEqual(await registry.latest(NEVER), {
        kind: "release",
        release: {
          id: "7",
          tag: "v1.0.0-rc.1+blue",
          artifactUrl: url,
          artifactName: name,
          checksumUrls: [],
          slot: "blue",
          fingerprint: url,
        },
        incomplete: [],
      });
    });
  }
});

/** Returns a function that answers with a time of publication, lets some time pass, and looks up. */
function fingerprinter(server: GrpcServer, registry: Registry) {
  return async (createdAt: number, at: number, tag = "v1") => {
    const answer = { tag, "artifact_url": `s3://r/b/${tag}/a.zip` };
    await server.answer({ answer: { ...answer, "created_at": createdAt } });
    clock = at * 1000;
    const latest = await registry.latest(NEVER);
    ok(latest.kind === "release");
    return latest.release.fingerprint;
  };
}

Deno.test("latest() gives one fingerprint however old a publication gets, and another to the next", async () => {
  await using server = await GrpcServer.start();
  const fingerprints: unknown[] = [];
  for (let host = 0; host < 2; host++) {
    await withRegistry(server.address, {}, async (registry) => {
      const ask = fingerprinter(server, registry);
      for (const age of [0, 10, 59, 61, 86_400]) {
        fingerprints.push(await ask(1_700_000_000, 1_700_000_000 + age));
      }
    });
  }
  equal(new Set(fingerprints).size, 1);
  await withRegistry(server.address, {}, async (registry) => {
    const ask = fingerprinter(server, registry);
    const first = await ask(1_700_000_000, 1_700_000_100);
    equal(first, fingerprints[0]);
    ok(first !== await ask(1_700_000_105, 1_700_000_110));
  });
});

Deno.test("latest() gives one fingerprint where the server gives the time of the call", async () => {
  await using server = await GrpcServer.start();
  await withRegistry(server.address, {}, async (registry) => {
    const ask = fingerprinter(server, registry);
    await ask(1_700_000_001, 1_700_000_000);
    const second = await ask(1_700_000_011, 1_700_000_010);
    equal(await ask(1_700_000_300, 1_700_000_300), second);
    const next = await ask(1_700_000_310, 1_700_000_310, "v2");
    equal(await ask(1_700_000_320, 1_700_000_320, "v2"), next);
  });
});

Deno.test("latest() refuses a tag that is no word", async () => {
  await using server = await GrpcServer.start();
  const tags = [
    "a/b",
    "../../x",
    "..",
    ".hidden",
    "a\\b",
    "v1\0",
    "v1\nERROR all is lost",
    "v1\u001b[2J",
    "v1\u202egpj",
    "v1 2",
    "v".repeat(1000),
  ];
  for (const tag of tags) {
    const answer = { tag, "artifact_url": "s3://r/b/v1/a.zip" };
    await server.answer({ answer });
    await withRegistry(server.address, {}, async (registry) => {
      await rejects(registry.latest(NEVER), (error) => {
        ok(error instanceof SourceError, String(error));
        equal(error.code, "invalid");
        match(error.message, /is no tag: it (holds|begins|has)/);
        ok(!/[\p{C}]/u.test(error.message) && error.message.length < 300);
        return true;
      });
    });
  }
});

Deno.test("latest() takes the server's choice only when slot and constraint let it", async () => {
  await using server = await GrpcServer.start();
  const kindOf = async (tag: string, asked: Asked) => {
    await server.answer({
      answer: { tag, "artifact_url": "s3://r/b/v1/a.zip" },
    });
    const query = `no-tls=true&${asked.query ?? ""}`;
    return await withRegistry(
      server.address,
      { ...asked, query },
      async (registry) => (await registry.latest(NEVER)).kind,
    );
  };
  equal(await kindOf("v1.0.0+blue", { slot: "blue" }), "release");
  equal(await kindOf("v1.0.0+green", { slot: "blue" }), "filtered");
  equal(await kindOf("v1.0.0", { slot: "blue" }), "filtered");
  const calver = { slot: "blue", query: "calver=YYYY.0M" };
  equal(await kindOf("2026.01+blue", calver), "release");
  equal(await kindOf("v1.0.0+blue", calver), "release");
  equal(await kindOf("v1.4.2", { query: "version=^1.4" }), "release");
  equal(await kindOf("v2.0.0", { query: "version=^1.4" }), "filtered");
  equal(await kindOf("nightly", { query: "version=^1.4" }), "filtered");
  equal(await kindOf("nightly", {}), "release");
});

Deno.test("latest() refuses an answer that names nothing", async () => {
  await using server = await GrpcServer.start();
  const answers = [
    {},
    { tag: "v1" },
    { "artifact_url": "s3://r/b/v1/a.zip" },
    { tag: "v1", "artifact_url": "s3://r/b/" },
    { tag: "v1", "artifact_url": "https://h/a/%2e%2e" },
    { tag: "v1", "artifact_url": "a.zip" },
  ];
  for (const answer of answers) {
    await server.answer({ answer: { id: "1", ...answer } });
    await withRegistry(server.address, {}, async (registry) => {
      await rejects(
        registry.latest(NEVER),
        (error) => error instanceof SourceError && error.code === "invalid",
      );
    });
  }
});

Deno.test("latest() asks for the artifact named in the URL, and report() says how it ended", async () => {
  await using server = await GrpcServer.start();
  await server.answer({
    answer: { id: "9", tag: "v1", "artifact_url": "s3://r/b/x" },
  });
  const query = "no-tls=on&artifact=my%20app.zip";
  await withRegistry(server.address, { query }, async (registry) => {
    const latest = await registry.latest(NEVER);
    ok(latest.kind === "release");
    const report = {
      release: latest.release,
      command: "assets",
      host: "web1",
      at: NOW,
    } as const;
    await registry.report(report, NEVER);
    await registry.report({ ...report, error: "no space left" }, NEVER);
  });
  deepEqual(await server.calls(), [
    { call: "Current", arch: "amd64", os: "linux", artifact: "my app.zip" },
    { call: "Report", id: "9", tag: "v1", command: "assets" },
    {
      call: "Report",
      id: "9",
      tag: "v1",
      command: "assets",
      err: "no space left",
    },
  ]);
});

Deno.test("openRegistry() takes hosts of every form, with TLS unless told otherwise", async () => {
  await using temp = await TempDir.create();
  const tls = await makeCertificates(temp.path);
  const answer = { tag: "v1", "artifact_url": "s3://r/b/v1/a.zip" };
  for (const host of ["127.0.0.1", "[::1]"]) {
    await using secure = await GrpcServer.start({ host, tls });
    await using plain = await GrpcServer.start({ host });
    await secure.answer({ answer });
    await plain.answer({ answer });
    const query = `ca=${tls.ca}`;
    const ask = async (registry: Registry) =>
      (await registry.latest(NEVER)).kind;
    equal(await withRegistry(secure.address, { query }, ask), "release");
    equal(await withRegistry(plain.address, {}, ask), "release");
    await rejects(withRegistry(secure.address, { query: "" }, ask), {
      hint: /ca=/,
    });
  }
});

Deno.test("openRegistry() refuses what is no address of a gRPC server", async () => {
  const urls = [
    "grpc://host:1/path",
    "grpc://user:secret@host:1",
    "grpc://host:70000",
    "grpc://host:0",
    "grpc://::1:50051",
    "grpc://host:1?pre-release=true",
    "grpc://host:1?no-tls=maybe",
    "grpc://host:1?ca=relative.pem",
    "grpc://host:1?ca=/x.pem&no-tls=true",
    "grpc://host:1?version=newest",
  ];
  for (const url of urls) {
    await rejects(openRegistry(url, OPTIONS), (error) => {
      ok(error instanceof ConfigError, url);
      ok(!error.message.includes("secret"), error.message);
      return true;
    });
  }
  await rejects(openRegistry("grpc://host:1?ca=/no/such.pem", OPTIONS), {
    name: "FilesystemError",
  });
});
