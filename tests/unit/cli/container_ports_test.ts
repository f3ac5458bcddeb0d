import assert from "node:assert/strict";
import { parsePortMappings } from "../../../src/cli/container_ports.ts";
import { configError } from "./parse.ts";

Deno.test("parsePortMappings() reads proxy and container ports", () => {
  assert.deepEqual(
    parsePortMappings([
      "8000",
      " 8001 : 8080 ",
      "8002:8080/http",
      "9090:50051/tcp",
      "53/tcp",
    ]),
    [
      { proxy: 8_000, protocol: "http" },
      { proxy: 8_001, container: 8_080, protocol: "http" },
      { proxy: 8_002, container: 8_080, protocol: "http" },
      { proxy: 9_090, container: 50_051, protocol: "tcp" },
      { proxy: 53, protocol: "tcp" },
    ],
  );
});

const REFUSED: readonly (readonly [string[], RegExp])[] = [
  [[], /^--port option is required for container command$/],
  [
    ["8000", "8000:80"],
    /^failed to parse port mappings: duplicate proxy port: 8000$/,
  ],
  [["1:2:3"], /^failed to parse port mappings: "1:2:3" has more than one ":"$/],
  [["8000:"], /^failed to parse port mappings: port must be a number/],
  [[":80"], /^failed to parse port mappings: port must be a number/],
  [["0:80"], /port must be a number/],
  [["80:65536"], /port must be a number/],
  [["80,81"], /port must be a number/],
  [["80-81"], /port must be a number/],
  [["80:81/udp"], /protocol must be "http" or "tcp": "udp"$/],
  [["80:81/tcp/tcp"], /protocol must be/],
  [["/tcp"], /port must be a number/],
  [["80/"], /protocol must be/],
];

for (const [values, message] of REFUSED) {
  Deno.test(`parsePortMappings() refuses ${JSON.stringify(values)}`, () => {
    const error = configError(() => parsePortMappings(values));
    assert.match(error.message, message);
  });
}
