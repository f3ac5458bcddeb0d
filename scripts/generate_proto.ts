/**
 * Writes the code for each `.proto` file of dewy anew. Run it after a change of
 * one. The compiler is the one of grpcio-tools, which brings the files that
 * they import.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GRPCIO_PYTHON, installGrpcio } from "./services/grpcio.ts";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
/** Writes code for the version of @bufbuild/protobuf in deno.json. */
const PLUGIN = "npm:@bufbuild/protoc-gen-es@2.17.0";
const LINT = "// deno-lint-ignore-file\n";

/** Files that describe services. */
export const PROTOS: readonly string[] = [
  join(SRC, "client/proto/dewy.proto"),
  join(SRC, "metrics/proto/otlp_metrics.proto"),
];

/** Where the code for a `.proto` file is kept. */
export function generatedPath(proto: string): string {
  return proto.replace(/\.proto$/, "_pb.ts");
}

/** Returns the code for a `.proto` file, formatted as it is to be committed. */
export async function generateProto(proto: string): Promise<string> {
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
      `--proto_path=${dirname(proto)}`,
      `--es_out=${out}`,
      "--es_opt=target=ts,import_extension=ts",
      basename(proto),
    ]);
    const file = join(out, basename(generatedPath(proto)));
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
  for (const proto of PROTOS) {
    await Deno.writeTextFile(generatedPath(proto), await generateProto(proto));
  }
}
