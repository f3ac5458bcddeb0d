/**
 * Writes `src/client/proto/dewy_pb.ts` anew from `dewy.proto`. Run it after a
 * change of the latter. The compiler is the one of grpcio-tools, which brings
 * the files that `dewy.proto` imports.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GRPCIO_PYTHON, installGrpcio } from "./services/grpcio.ts";

const FOLDER = fileURLToPath(new URL("../src/client/proto", import.meta.url));
/** Writes code for the version of @bufbuild/protobuf in deno.json. */
const PLUGIN = "npm:@bufbuild/protoc-gen-es@2.17.0";
const LINT = "// deno-lint-ignore-file\n";

/** Where the generated code is kept. */
export const GENERATED = join(FOLDER, "dewy_pb.ts");

/** Returns the code for `dewy.proto`, formatted as it is to be committed. */
export async function generateProto(): Promise<string> {
  await installGrpcio();
  const out = await Deno.makeTempDir();
  try {
    const plugin = join(out, "protoc-gen-es");
    const line = `exec "${Deno.execPath()}" run -A --no-config --no-lock`;
    await Deno.writeTextFile(plugin, `#!/bin/sh\n${line} ${PLUGIN} "$@"\n`, {
      mode: 0o755,
    });
    await run(GRPCIO_PYTHON, [
      "-m",
      "grpc_tools.protoc",
      `--plugin=${plugin}`,
      `--proto_path=${FOLDER}`,
      `--es_out=${out}`,
      "--es_opt=target=ts,import_extension=ts",
      "dewy.proto",
    ]);
    const file = join(out, "dewy_pb.ts");
    await Deno.writeTextFile(file, LINT + await Deno.readTextFile(file));
    await run(Deno.execPath(), ["fmt", "--no-config", "--quiet", file]);
    return await Deno.readTextFile(file);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  await Deno.writeTextFile(GENERATED, await generateProto());
}
