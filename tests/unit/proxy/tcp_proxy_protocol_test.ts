import assert from "node:assert/strict";
import { proxyHeader } from "../../../src/proxy/tcp/proxy_protocol.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";

function header(source: string, destination: string): string {
  return proxyHeader({
    source: { transport: "tcp", hostname: source, port: 0x1234 },
    destination: { transport: "tcp", hostname: destination, port: 443 },
  }).toHex();
}

Deno.test("proxyHeader() tells both ends of an IPv4 connection", () => {
  assert.equal(
    header("192.0.2.7", "198.51.100.255"),
    `${SIGNATURE}21 11 000c c0000207 c63364ff 1234 01bb`.replaceAll(" ", ""),
  );
});

Deno.test("proxyHeader() tells both ends of an IPv6 connection", () => {
  assert.equal(
    header("2001:db8::7", "::1"),
    [
      `${SIGNATURE}21210024`,
      "20010db8000000000000000000000007",
      "00000000000000000000000000000001",
      "123401bb",
    ].join(""),
  );
});

Deno.test("proxyHeader() tells an IPv4 client of a socket for both families as such", () => {
  assert.equal(
    header("::ffff:192.0.2.7", "::ffff:c633:6401"),
    header("192.0.2.7", "198.51.100.1"),
  );
});

Deno.test("proxyHeader() leaves out the zone of an address", () => {
  assert.equal(
    header("fe80::1%eth0", "fe80::2%2"),
    header("fe80::1", "fe80::2"),
  );
});

Deno.test("proxyHeader() reads an address without a gap, and one that ends in it", () => {
  assert.match(
    header("1:2:3:4:5:6:7:8", "fe80::"),
    /00010002000300040005000600070008fe80(00){14}1234/,
  );
});
