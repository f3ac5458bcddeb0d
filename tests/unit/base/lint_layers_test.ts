import assert from "node:assert/strict";
import { importProblem } from "../../../scripts/lint_layers.ts";

const ALLOWED: readonly (readonly [from: string, to: string])[] = [
  ["base/time.ts", "base/errors.ts"],
  ["registry/file.ts", "base/errors.ts"],
  ["registry/file.ts", "registry/choose.ts"],
  ["supervisor/supervisor.ts", "registry/registry.ts"],
  ["supervisor/deployer.ts", "process/application.ts"],
  ["cli/compose.ts", "registry/open_registry.ts"],
  ["cli/compose.ts", "process/libc.ts"],
];

const FORBIDDEN: readonly (readonly [from: string, to: string, why: string])[] =
  [
    [
      "base/time.ts",
      "cli/main.ts",
      '"src/base/" must not import "src/cli/main.ts"',
    ],
    [
      "registry/file.ts",
      "cache/file.ts",
      '"src/registry/" must not import "src/cache/file.ts"',
    ],
    [
      "supervisor/supervisor.ts",
      "registry/file.ts",
      '"src/supervisor/" must not import "src/registry/file.ts"',
    ],
    [
      "release/extract.ts",
      "process/worker.ts",
      '"src/release/" must not import "src/process/worker.ts"',
    ],
    [
      "base/time.ts",
      "../tests/support/temp_dir.ts",
      '"src/base/" must not import "src/../tests/support/temp_dir.ts"',
    ],
    ["utils/x.ts", "base/time.ts", 'Cannot place "src/utils/x.ts" in a layer'],
  ];

for (const [from, to] of ALLOWED) {
  Deno.test(`importProblem() lets ${from} import ${to}`, () => {
    assert.equal(importProblem(from, to), undefined);
  });
}

for (const [from, to, why] of FORBIDDEN) {
  Deno.test(`importProblem() keeps ${from} from importing ${to}`, () => {
    assert.equal(importProblem(from, to), why);
  });
}
