import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { once } from "node:events";
import { ConfigError } from "../../../src/base/errors.ts";
import { Balancer } from "../../../src/proxy/balancer.ts";
import { plainAddress } from "../../../src/proxy/http/client_address.ts";
import { HttpFront } from "../../../src/proxy/http/front.ts";
import { trustedNetworks } from "../../../src/proxy/http/trusted.ts";
import { NO_METER } from "../../../src/proxy/meter.ts";

/** Network, addresses in it, addresses not in it. */
const NETWORKS: readonly (readonly [string, string, string])[] = [
  ["10.0.0.7", "10.0.0.7 ::ffff:10.0.0.7 ::ffff:a00:7", "10.0.0.8 ::a00:7"],
  ["10.0.0.0/8", "10.0.0.0 10.255.255.255", "11.0.0.0 9.255.255.255 ::1"],
  ["10.1.2.3/8", "10.9.9.9", "11.1.2.3"],
  ["192.168.4.0/22", "192.168.4.0 192.168.7.255", "192.168.3.255 192.168.8.0"],
  ["1.2.3.4/31", "1.2.3.4 1.2.3.5", "1.2.3.3 1.2.3.6"],
  ["0.0.0.0/0", "1.2.3.4 ::ffff:1.2.3.4", "::1 fe80::1"],
  ["::/0", "::1 2001:db8::1", "1.2.3.4 ::ffff:1.2.3.4"],
  ["fd00::/8", "fd00::1 FDFF::", "fc00::1 fe00::1"],
  ["2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"],
  ["::1", "::1 0:0:0:0:0:0:0:1", "::2 127.0.0.1"],
  ["::ffff:10.0.0.0/104", "10.3.2.1 ::ffff:10.3.2.1", "11.0.0.1"],
  ["::ffff:1.2.3.4", "1.2.3.4", "1.2.3.5"],
];
for (const [network, inside, outside] of NETWORKS) {
  Deno.test(`"${network}" has the addresses it should have`, () => {
    const isTrusted = trustedNetworks(["192.0.2.0/24", network]);
    for (const address of [...inside.split(" "), "192.0.2.255"]) {
      assert.ok(isTrusted(address), address);
      assert.ok(isTrusted(address), `${address}, asked again`);
    }
    for (const address of [...outside.split(" "), "", "x"]) {
      assert.ok(!isTrusted(address), address);
      assert.ok(!isTrusted(address), `${address}, asked again`);
    }
  });
}

const NONSENSE =
  "|x|10.0.0|10/8|0x7f.1|010.0.0.1|10.0.0.0/33|10.0.0.0/|10.0.0.0/-1|10.0.0.0/8/8|10.0.0.0/1e1|fd00::/129|[::1]|localhost|10.0.0.1:80|::ffff:10.0.0.0/95|10.0.0.0 /8";
for (const value of NONSENSE.split("|")) {
  Deno.test(`"${value}" is no network`, () => {
    assert.throws(() => trustedNetworks([value]), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.ok(error.message.includes(`"${value}"`));
      assert.match(error.hint ?? "", /--trusted-proxy/);
      return true;
    });
  });
}

Deno.test("nobody is trusted when nobody is named", () => {
  const isTrusted = trustedNetworks([]);
  assert.ok(!isTrusted("127.0.0.1"));
});

Deno.test("many addresses do not fill the memory", () => {
  const isTrusted = trustedNetworks(["10.0.0.0/9"]);
  for (let at = 0; at < 100_000; at++) {
    const [b, c, d] = [at >> 14, (at >> 7) & 127, at & 127];
    assert.equal(isTrusted(`10.${b * 30}.${c}.${d}`), b * 30 < 128);
  }
});

Deno.test("an IPv4 client of a listener for both families has its own address", async () => {
  assert.equal(plainAddress("::ffff:1.2.3.4"), "1.2.3.4");
  assert.equal(plainAddress("::FFFF:1.2.3.4"), "1.2.3.4");
  for (
    const other of ["1.2.3.4", "::1", "::1.2.3.4", "2001:db8::ffff:1.2.3.4"]
  ) {
    assert.equal(plainAddress(other), other);
  }
  await using backend = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ headers }) => new Response(headers.get("x-forwarded-for")),
  );
  const listener = Deno.listen({ hostname: "::", port: 0 });
  const balancer = new Balancer();
  const { hostname, port } = backend.addr;
  balancer.replace([{ id: "a", hostname, port, state: "ready" }]);
  const front = new HttpFront({
    listener,
    balancer,
    meter: NO_METER,
    limits: {
      connectTimeoutMs: 5_000,
      idleTimeoutMs: 0,
      bodyTimeoutMs: 30_000,
      headerTimeoutMs: 30_000,
      maxConnections: 100,
      holdMs: 0,
    },
    isTrusted: trustedNetworks(["127.0.0.1"]),
  });
  const client = createConnection(listener.addr.port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
  const [answer] = await once(client, "data");
  client.destroy();
  assert.match(String(answer), /\r\n\r\n9\.9\.9\.9, 127\.0\.0\.1$/);
  front.end();
  await front.finished;
});
