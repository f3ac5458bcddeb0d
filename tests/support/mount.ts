import assert from "node:assert/strict";

/** Mounts something at `path` (see mount(8)) until this value goes; only for root. */
export async function mount(
  args: readonly string[],
  path: string,
): Promise<AsyncDisposable> {
  await run("mount", ...args, path);
  return {
    // Lazily: a process of a test that failed may still be there.
    [Symbol.asyncDispose]: () => run("umount", "--lazy", path),
  };
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args],
  }).output();
  assert.ok(success, `${program}: ${new TextDecoder().decode(stderr)}`);
}
