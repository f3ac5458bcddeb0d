import assert from "node:assert/strict";
import { compile, RuntimeBaseError } from "../../scripts/build/compile.ts";
import { bundleInto } from "../../scripts/bundle.ts";
import { findTarget } from "../../scripts/build/targets.ts";
import { fromFolder } from "../../scripts/paths.ts";
import { DEWY_FLAGS } from "../../scripts/runtime_flags.ts";
import { freePort } from "../support/free_port.ts";
import { TempDir } from "../support/temp_dir.ts";

/** A small program that can be appended to, in place of the runtime: what is packed can be looked at, not run. */
const STAND_IN = "/bin/true";
const TARGET = "linux-x64";
const ARCHIVE = "dewy_linux_amd64.tar.gz";

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const BUILD = ["run", "-A", "scripts/build.ts"];

async function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<Output> {
  const { cwd, env = {} } = options;
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

function build(
  args: readonly string[],
  env: Record<string, string>,
  cwd = fromFolder(".."),
): Promise<Output> {
  return run(Deno.execPath(), [...BUILD, ...args], { cwd, env });
}

Deno.test("two checkouts of one commit give the same files, with matching checksums", async () => {
  await using dir = await TempDir.create();
  const env = { DENORT_BIN: STAND_IN, SOURCE_DATE_EPOCH: "1768478400" };
  let from = fromFolder("..");
  for (const name of ["a", "b"]) {
    const to = dir.join(`checkout-${name}`);
    const cloned = await run("git", ["clone", "-q", from, to], { cwd: from });
    assert.equal(cloned.code, 0, cloned.stderr);
    const { code, stderr } = await build(
      [
        ...["--target", TARGET, "--out", dir.join(name)],
        ...["--releases-url", "https://example.com/dewy/releases"],
      ],
      env,
      to,
    );
    assert.equal(code, 0, stderr);
    from = to;
  }
  const sums = await Deno.readTextFile(dir.join("a", "SHA256SUMS"));
  assert.equal(await Deno.readTextFile(dir.join("b", "SHA256SUMS")), sums);
  assert.match(sums, new RegExp(`^[0-9a-f]{64}  ${ARCHIVE}$`, "m"));
  const cwd = dir.join("a");
  const checked = await run("sha256sum", ["-c", "SHA256SUMS"], { cwd });
  assert.equal(checked.code, 0, checked.stderr);
  const listed = await run("tar", ["-tvzf", ARCHIVE, "--utc"], { cwd });
  assert.match(
    listed.stdout,
    /^-rw-r--r-- root\/root +\d+ 2026-01-15 12:00 LICENSE\n-rwxr-xr-x root\/root +\d+ 2026-01-15 12:00 dewy\n$/,
  );
  assert.match(
    await Deno.readTextFile(dir.join("a", "install.sh")),
    /^releases_url='https:\/\/example\.com\/dewy\/releases'$/m,
  );
  await run("tar", ["-xzf", ARCHIVE], { cwd });
  await checkMetadata(dir.join("a", "dewy"));
});

/** What the compiler wrote for the runtime to go by. */
async function checkMetadata(program: string): Promise<void> {
  const bytes = await Deno.readFile(program);
  const text = new TextDecoder("latin1").decode(bytes);
  const [, json = ""] = /(\{"argv":\[\],.*?"app_name":"dewy"[^}]*\})/s
    .exec(text) ?? [];
  const { permissions, code_cache_key, v8_flags } = JSON.parse(json);
  const listed = (name: string) =>
    DEWY_FLAGS.find((flag) => flag.startsWith(`--${name}=`))
      ?.split("=")[1]?.split(",");
  assert.deepEqual(permissions.allow_ffi, listed("allow-ffi"));
  assert.deepEqual(permissions.allow_sys, listed("allow-sys"));
  assert.deepEqual(permissions.deny_import, []);
  assert.deepEqual({ prompt: permissions.prompt, code_cache_key }, {
    prompt: false,
    code_cache_key: null,
  });
  assert.ok(v8_flags.includes("--max-semi-space-size=1"));
  for (const isolate of ["fetcher", "proxy"]) {
    assert.ok(text.includes(`new URL("./src/${isolate}/worker.js",`));
  }
}

Deno.test("the bundle says which version it is", async () => {
  await using dir = await TempDir.create();
  const env = { SOURCE_DATE_EPOCH: "1768478400" };
  const built = await build(["--bundle", "--out", dir.path], env);
  assert.equal(built.code, 0, built.stderr);
  const { stdout } = await run(Deno.execPath(), [
    ...["run", "--no-config", ...DEWY_FLAGS],
    ...[built.stdout.trim(), "--version"],
  ], { cwd: dir.path });
  assert.match(
    stdout,
    /^dewy version: \d+\.\d+\.\d+\S* \[[0-9a-f]{7}, 2026-01-15T12:00:00Z\]\n$/,
  );
});

Deno.test("the bundle begins without Node's modules and without the rest of dewy", async () => {
  await using dir = await TempDir.create();
  const main = await bundleInto(dir.path);
  const args = ["info", "--no-config", "--json", main];
  const { stdout } = await run(Deno.execPath(), args, { cwd: dir.path });
  const { modules }: {
    modules: readonly { kind: string; specifier: string }[];
  } = JSON.parse(stdout);
  assert.deepEqual(
    modules.filter(({ kind }) => kind !== "esm"),
    [],
  );
  assert.ok(modules.length <= 4, `${modules.length} modules`);
});

Deno.test("a runtime that cannot be downloaded has its own error", async () => {
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join("bundle"));
  await Deno.writeTextFile(dir.join("bundle", "main.js"), "");
  const proxy = `http://127.0.0.1:${freePort()}`;
  await assert.rejects(
    compile({
      bundle: dir.join("bundle"),
      target: findTarget("macos-arm64"),
      output: dir.join("dewy"),
      env: {
        DENO_DIR: dir.join("cache"),
        DENORT_BIN: "",
        HTTPS_PROXY: proxy,
        NO_PROXY: "",
        no_proxy: "",
      },
    }),
    (error: Error) =>
      error instanceof RuntimeBaseError &&
      error.message.startsWith("Cannot get the runtime for macos-arm64"),
  );
});

Deno.test("a DENORT_BIN that is not there ends the build with code 3 and a way out", async () => {
  await using dir = await TempDir.create();
  const { code, stderr } = await build(
    ["--target", TARGET, "--out", dir.path],
    { DENORT_BIN: dir.join("denort") },
  );
  assert.equal(code, 3);
  assert.match(stderr, /Cannot get the runtime for linux-x64[^]*DENORT_BIN/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dir.path)), []);
});
