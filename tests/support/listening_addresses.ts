import assert from "node:assert/strict";

/** Returns the addresses, `127.0.0.1:8000`, at which anybody on this machine listens with one of these ports, by `ss`. */
export async function listeningAddresses(
  ports: readonly number[],
): Promise<string[]> {
  const { success, stdout } = await new Deno.Command("ss", {
    args: ["--listening", "--tcp", "--numeric", "--no-header"],
    stderr: "inherit",
  }).output();
  assert.ok(success, "ss must run");
  const wanted = new Set(ports.map(String));
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.split(/\s+/)[3] ?? "")
    .filter((address) => wanted.has(address.split(":").at(-1) ?? ""))
    .sort();
}
