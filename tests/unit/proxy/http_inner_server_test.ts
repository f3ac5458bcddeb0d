import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/time.ts";
import { InnerServer } from "../../../src/proxy/http/inner_server.ts";
import { get, RawClient } from "../../support/http_bench.ts";

Deno.test("the door behind the gate is shut to another address with the port of a client", async () => {
  const sessions = new Map<number, string>();
  const entered: string[] = [];
  const server = new InnerServer<string>({
    clock: systemClock,
    sessionAt: (_serverPort, port) => sessions.get(port),
    handle: (_request, session) => {
      entered.push(session);
      return new Response("inside");
    },
    onFailure: (error) => assert.fail(String(error)),
    onEnded: () => assert.fail("The server ended by itself"),
  });
  {
    using client = await RawClient.open(server.port);
    const { port } = client.conn.localAddr;
    sessions.set(port, "came by the gate");
    assert.equal((await client.ask(get())).body, "inside");
    const { stdout } = await new Deno.Command("curl", {
      args: [
        ...["--silent", "--max-time", "5", "--interface", "127.0.0.2"],
        ...["--local-port", `${port}`, "--write-out", " %{http_code}"],
        `http://127.0.0.1:${server.port}/`,
      ],
      stdin: "null",
    }).output();
    assert.match(new TextDecoder().decode(stdout), / 403$/);
    assert.deepEqual(entered, ["came by the gate"]);
  }
  await server.close();
});
