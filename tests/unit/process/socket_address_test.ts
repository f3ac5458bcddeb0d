import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import {
  portOf,
  SOCKET_CONSTANTS,
  type SocketConstants,
  tcpAddress,
  unixAddress,
} from "../../../src/process/socket_address.ts";

const LINUX = constantsOf("linux");
const DARWIN = constantsOf("darwin");

Deno.test("tcpAddress() lays out an IPv4 address of Linux", () => {
  const { family, bytes } = tcpAddress("192.168.1.20", 8080, LINUX);
  assert.equal(family, 2);
  assert.equal(bytes.toHex(), "02001f90c0a801140000000000000000");
  assert.equal(portOf(bytes), 8080);
});

Deno.test("tcpAddress() begins an address of macOS with its length", () => {
  const { bytes } = tcpAddress("127.0.0.1", 80, DARWIN);
  assert.equal(bytes.toHex(), "100200507f0000010000000000000000");
  assert.equal(
    tcpAddress("::1", 80, DARWIN).bytes.subarray(0, 4).toHex(),
    "1c1e0050",
  );
});

Deno.test("tcpAddress() listens on all IPv4 addresses without a host", () => {
  const { bytes } = tcpAddress(undefined, 65_535, LINUX);
  assert.equal(bytes.subarray(0, 8).toHex(), "0200ffff00000000");
});

Deno.test("tcpAddress() takes localhost for 127.0.0.1", () => {
  assert.deepEqual(
    tcpAddress("localhost", 1, LINUX),
    tcpAddress("127.0.0.1", 1, LINUX),
  );
});

const IPV6: readonly (readonly [string, string])[] = [
  ["::", "0".repeat(32)],
  ["::1", "00000000000000000000000000000001"],
  ["fe80::1:2", "fe800000000000000000000000010002"],
  ["1::", "00010000000000000000000000000000"],
  ["2001:db8:1:2:3:4:5:6", "20010db8000100020003000400050006"],
  ["2001:DB8::A", "20010db800000000000000000000000a"],
  ["::ffff:10.0.0.1", "00000000000000000000ffff0a000001"],
];

for (const [text, hex] of IPV6) {
  Deno.test(`tcpAddress() reads "${text}" as IPv6`, () => {
    const { family, bytes } = tcpAddress(text, 443, LINUX);
    assert.equal(family, 10);
    assert.equal(bytes.length, 28);
    assert.equal(bytes.subarray(0, 8).toHex(), "0a0001bb00000000");
    assert.equal(bytes.subarray(8, 24).toHex(), hex);
  });
}

for (
  const host of [
    "example.com",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "1:2",
    ":::",
    "",
    "1.2.3.x",
  ]
) {
  Deno.test(`tcpAddress() refuses "${host}"`, () => {
    assert.throws(() => tcpAddress(host, 80, LINUX), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(
        error.message,
        `Cannot listen on "${host}:80": not an IP address`,
      );
      assert.match(error.hint ?? "", /IPv6 address in brackets/);
      return true;
    });
  });
}

Deno.test("unixAddress() ends a path with a zero byte", () => {
  const { family, bytes } = unixAddress("/run/a", LINUX);
  assert.equal(family, 1);
  assert.equal(bytes.length, 110);
  assert.equal(bytes.subarray(0, 10).toHex(), "01002f72756e2f610000");
});

Deno.test("unixAddress() takes 107 bytes on Linux, counts bytes, and refuses more", () => {
  assert.equal(unixAddress("/" + "a".repeat(106), LINUX).bytes[109], 0);
  for (const path of ["/" + "a".repeat(107), "/" + "ä".repeat(54)]) {
    assert.throws(() => unixAddress(path, LINUX), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /a Unix socket path has at most 107 bytes$/);
      assert.match(error.hint ?? "", /shorter path/);
      return true;
    });
  }
  assert.throws(
    () => unixAddress("/" + "a".repeat(103), DARWIN),
    /at most 103/,
  );
});

function constantsOf(os: string): SocketConstants {
  const constants = SOCKET_CONSTANTS[os];
  assert.ok(constants !== undefined);
  return constants;
}
