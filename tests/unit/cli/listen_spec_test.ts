import assert from "node:assert/strict";
import {
  parseListenSpecs,
  privilegedPorts,
} from "../../../src/cli/listen_spec.ts";
import { configError } from "./parse.ts";

const READ: readonly (readonly [string[], string])[] = [
  [[], ""],
  [[""], ""],
  [[" , ,"], ""],
  [["8000"], "8000"],
  [["1", "65535"], "1 65535"],
  [["8001,8000"], "8000 8001"],
  [["9000", "80", "10000"], "80 9000 10000"],
  [[" 8000 , 8001 "], "8000 8001"],
  [["8000,8000", "8000"], "8000"],
  [["08080", "8080"], "8080"],
  [["8000-8002"], "8000 8001 8002"],
  [["8000 - 8001"], "8000 8001"],
  [["8000-8000"], "8000"],
  [["8001-8002,8000-8001"], "8000 8001 8002"],
  [[":8000"], "8000"],
  [["127.0.0.1:8000"], "127.0.0.1:8000"],
  [["127.0.0.1:08000"], "127.0.0.1:8000"],
  [["localhost:8000"], "127.0.0.1:8000"],
  [["127.0.0.1:8000-8001"], "127.0.0.1:8000 127.0.0.1:8001"],
  [["8000", "0.0.0.0:8000"], "8000"],
  [["127.0.0.2:8000", "127.0.0.1:8000"], "127.0.0.1:8000 127.0.0.2:8000"],
  [["[::1]:8000"], "[::1]:8000"],
  [["[0:0:0:0:0:0:0:1]:8000", "[::1]:8000"], "[::1]:8000"],
  [["[FE80::A]:80-81"], "[fe80::a]:80 [fe80::a]:81"],
  [["[::]:443", "80"], "80 [::]:443"],
  [["/run/app.sock"], "/run/app.sock"],
  [["./app.sock"], "./app.sock"],
  [["unix:app.sock"], "app.sock"],
  [["unix:/run/app.sock", "/run/app.sock"], "/run/app.sock"],
  [["unix:///run/app.sock"], "/run/app.sock"],
  [["/run/my-app:1.sock"], "/run/my-app:1.sock"],
  [["/b,8000,/a"], "8000 /a /b"],
];

for (const [values, expected] of READ) {
  Deno.test(`parseListenSpecs() reads ${JSON.stringify(values)}`, () => {
    const specs = parseListenSpecs(values).map(({ spec }) => spec);
    assert.equal(specs.join(" "), expected);
  });
}

Deno.test("parseListenSpecs() says host, port and path", () => {
  assert.deepEqual(parseListenSpecs(["[::1]:81", "80", "unix:a"]), [
    { kind: "tcp", spec: "80", host: undefined, port: 80 },
    { kind: "tcp", spec: "[::1]:81", host: "::1", port: 81 },
    { kind: "unix", spec: "a", path: "a" },
  ]);
});

Deno.test("parseListenSpecs() takes ranges of 100 ports and no more", () => {
  assert.equal(parseListenSpecs(["8000-8099"]).length, 100);
  assert.match(
    configError(() => parseListenSpecs(["8000-8100"])).message,
    /port range too large \(101 ports\), maximum allowed is 100$/,
  );
});

const LONGEST_PATH = `/${"é".repeat(53)}`;
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["0", /port must be a number from 1 to 65535: "0"$/],
  ["65536", /port must be a number/],
  ["http", /port must be a number from 1 to 65535: "http"$/],
  ["80.5", /port must be a number/],
  ["+80", /port must be a number/],
  ["0x50", /port must be a number/],
  ["8000-", /invalid port range format: "8000-"$/],
  ["-8000", /invalid port range format/],
  ["1-2-3", /invalid port range format/],
  ["a-b", /invalid port range format/],
  ["0-5", /port must be a number/],
  [
    "8001-8000",
    /start port \(8001\) cannot be greater than end port \(8000\)$/,
  ],
  ["8000:8080", /"8000" is no address$/],
  ["example.org:80", /"example.org" is no IPv4 or IPv6 address$/],
  ["256.0.0.1:80", /is no IPv4 or IPv6 address$/],
  ["127.0.0.01:80", /is no IPv4 or IPv6 address$/],
  ["::1:8000", /"::1" is no IPv4 or IPv6 address$/],
  ["[::1", /port must be a number|no IPv4/],
  ["[::1]", /port must be a number/],
  ["[fe80::1%eth0]:80", /is no IPv4 or IPv6 address$/],
  ["127.0.0.1:", /port must be a number/],
  ["unix:", /socket path is missing/],
  [`${LONGEST_PATH}x`, /socket path is longer than 107 bytes/],
];

for (const [value, message] of REFUSED) {
  Deno.test(`parseListenSpecs() refuses "${value.slice(0, 30)}"`, () => {
    const error = configError(() => parseListenSpecs([value]));
    assert.match(error.message, /^invalid port specification: /);
    assert.match(error.message, message);
  });
}

Deno.test("parseListenSpecs() takes the longest path the system takes", () => {
  assert.equal(parseListenSpecs([LONGEST_PATH])[0]?.spec, LONGEST_PATH);
});

Deno.test("privilegedPorts() returns ports below 1024, each once", () => {
  const listen = parseListenSpecs(["80,1023,1024,127.0.0.1:80,/run/80"]);
  assert.deepEqual(privilegedPorts(listen), [80, 1_023]);
});
