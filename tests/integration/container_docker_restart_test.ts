import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const TEST = fileURLToPath(
  new URL("../fixtures/docker_restart.ts", import.meta.url),
);

/** A network that is gone must not keep all tests waiting, milliseconds. */
const LIMIT_MS = 180_000;

Deno.test("docker: with live-restore and without its proxy containers serve on without the daemon", async () => {
  const command = [
    Deno.execPath(),
    "test",
    "-A",
    "--no-check",
    "--cached-only",
  ];
  // Docker forwards ports by rules of the firewall, which the machine's own is spared.
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--net", "--mount", "sh", "-c", 'ip link set lo up && exec "$@"'],
      ...["sh", ...command, TEST],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, said.join("\n"));
  assert.match(said.join(), /1 passed/);
});
