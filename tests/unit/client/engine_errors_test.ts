import { equal, match, ok } from "node:assert/strict";
import type { SourceErrorCode } from "../../../src/base/errors.ts";
import { EngineConflict } from "../../../src/client/engine.ts";
import { explainStatus } from "../../../src/client/engine_errors.ts";

const question = { what: 'start container "web-0"' };
const pull = { what: 'pull image "r/app:v1"', asksRegistry: true };

for (
  const [status, said, code] of [
    [404, "No such container: x", "not-found"],
    [403, "authorization denied by plugin", "denied"],
    [400, "invalid reference format", "invalid"],
    [500, "driver failed", "unavailable"],
    [
      500,
      "Bind for 127.0.0.1:80 failed: port is already allocated",
      "unavailable",
    ],
    [500, "write /x: no space left on device", "unavailable"],
    [400, 'exec: "/app": permission denied: unknown', "invalid"],
    [400, "client version 1.41 is too old", "unavailable"],
  ] as const
) {
  Deno.test(`explainStatus() takes ${status} "${said}" for ${code}`, () => {
    const error = explainStatus(status, said, question);
    equal(error.code, code);
    equal(error.message, `Cannot start container "web-0": ${said}`);
    ok(error.hint);
  });
}

/** As the engines wrote them (Docker 20.10 and Podman 4.3), on one line. */
const PULLS: readonly (readonly [string, SourceErrorCode])[] = [
  ["unauthorized: authentication required", "denied"],
  [
    "pull access denied for app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "denied",
  ],
  ["Get https://r/v2/: no basic auth credentials", "denied"],
  [
    "manifest for r/app:v9 not found: manifest unknown: manifest unknown",
    "not-found",
  ],
  [
    "initializing source docker://r/app:v9: reading manifest v9 in r/app: manifest unknown: manifest unknown",
    "not-found",
  ],
  ["unknown blob", "not-found"],
  [
    "no matching manifest for linux/amd64 in the manifest list entries",
    "invalid",
  ],
  ["toomanyrequests: You have reached your pull rate limit", "unavailable"],
  [
    'Get "https://r/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    "unavailable",
  ],
  [
    'Get "https://r/v2/": x509: certificate signed by unknown authority',
    "unavailable",
  ],
  ["something else", "unavailable"],
];

for (const [said, code] of PULLS) {
  Deno.test(`explainStatus() takes the pull's "${said}" for ${code}`, () => {
    equal(explainStatus(500, said, pull).code, code);
  });
}

for (
  const [status, said] of [
    [
      409,
      'Conflict. The container name "/x" is already in use by container "y".',
    ],
    [500, 'the container name "x" is already in use by y'],
    [500, "image used by 5ab: image is in use by a container"],
    [409, "You cannot remove a running container x. Stop it first"],
  ] as const
) {
  Deno.test(`explainStatus() takes ${status} "${said}" for a conflict`, () => {
    ok(explainStatus(status, said, question) instanceof EngineConflict);
  });
}

Deno.test("explainStatus() keeps secrets out, the longer first", () => {
  const secrets = ["pass", "pass-word", "x"];
  const said = "invalid variable =pass-word, pass, x";
  const { message } = explainStatus(400, said, { ...question, secrets });
  match(message, /: invalid variable =\*\*\*, \*\*\*, x$/);
});

Deno.test("explainStatus() keeps to one line of bearable length", () => {
  const said = `first\r\n\u001b[31msecond ${"x".repeat(10_000)}`;
  const { message } = explainStatus(500, said, question);
  match(message, /first \[31msecond x/);
  ok(message.length < 600);
});

Deno.test("explainStatus() names the status of an engine that says nothing", () => {
  match(explainStatus(502, "", question).message, /: HTTP 502$/);
});
