import assert from "node:assert/strict";
import { fromFolder } from "../../scripts/paths.ts";
import { eventually } from "../support/eventually.ts";
import { readmeCommand } from "../support/readme_command.ts";
import { TempDir } from "../support/temp_dir.ts";

/** A checkout of its own, whose code may be changed. */
async function checkout(dir: TempDir): Promise<string> {
  const to = dir.join("dewy");
  const { success, stderr } = await new Deno.Command("git", {
    args: ["clone", "--quiet", fromFolder(".."), to],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  // Of this working tree, not of the last commit.
  await Deno.copyFile(fromFolder("dev.ts"), `${to}/scripts/dev.ts`);
  return to;
}

Deno.test("task dev, as README.md has it, serves, publishes on Enter, restarts dewy when code changes, and leaves nothing", async () => {
  await using dir = await TempDir.create();
  const cwd = await checkout(dir);
  const more = "--log-level debug";
  const child = (await readmeCommand("dev", { dir, cwd, more })).spawn();
  const [out, err] = [child.stdout, child.stderr].map((from) => collect(from));
  assert.ok(out !== undefined && err !== undefined);
  const says = (stream: { text: string }, what: RegExp, message: string) =>
    eventually(() => what.exec(stream.text) ?? undefined, {
      message,
      timeoutMs: 15_000,
    });
  try {
    const [, url = ""] = await says(out, /server +(\S+)/, "the address");
    const serves = (version: string) =>
      eventually(async () => {
        const answer = await fetch(url).catch(() => undefined);
        return (await answer?.text())?.startsWith(version);
      }, { message: `${version} is served`, timeoutMs: 15_000 });
    await serves("v0.1.0");
    const enter = child.stdin.getWriter();
    await enter.write(new TextEncoder().encode("\n"));
    await enter.close();
    await serves("v0.2.0");
    await says(err, /msg="Waiting for releases"/, "dewy waits");
    const source = `${cwd}/src/telemetry/log_program.ts`;
    const code = await Deno.readTextFile(source);
    const changed = code.replace("Waiting for releases", "Waiting again");
    assert.notEqual(changed, code);
    await Deno.writeTextFile(source, changed);
    await says(err, /msg="Waiting again"/, "the changed dewy waits");
    await serves("v0.2.0");
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Promise.all([out.ended, err.ended]);
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dir.join("tmp"))), []);
});

/** Reads a stream to its end, beside whatever else goes on. */
function collect(
  from: ReadableStream<Uint8Array<ArrayBuffer>>,
): { text: string; readonly ended: Promise<void> } {
  const read = async () => {
    for await (const text of from.pipeThrough(new TextDecoderStream())) {
      collected.text += text;
    }
  };
  const collected = { text: "", ended: Promise.resolve() };
  collected.ended = read();
  return collected;
}
