import { deepEqual, throws } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { negotiate } from "../../../src/client/engine_version.ts";

const ENGINE = { Components: [{ Name: "Engine" }] };

for (
  const [theirs, least, spoken] of [
    ["1.41", "1.12", "1.41"],
    ["1.40", "1.24", "1.40"],
    ["1.52", "1.44", "1.52"],
    ["1.60", "1.52", "1.52"],
    ["1.9999", "1.44", "1.52"],
    ["1.41", "", "1.41"],
    ["2.0", "1.44", "1.52"],
  ] as const
) {
  Deno.test(`negotiate() agrees with ${least || "none"} to ${theirs} on ${spoken}`, () => {
    const raw = { ...ENGINE, ApiVersion: theirs, MinAPIVersion: least };
    deepEqual(negotiate({ ...raw, Version: "29.1" }), {
      kind: "docker",
      version: "29.1",
      api: spoken,
    });
  });
}

Deno.test("negotiate() recognises Podman", () => {
  const raw = { Version: "4.3.1", ApiVersion: "1.41", MinAPIVersion: "1.24" };
  const Components = [{ Name: "Podman Engine" }, { Name: "Conmon" }];
  deepEqual(negotiate({ ...raw, Components }).kind, "podman");
  deepEqual(negotiate({ ...raw, Components: null }).kind, "docker");
});

for (
  const [theirs, least, says] of [
    ["1.39", "1.12", /docker 1 speaks version 1\.39, dewy 1\.40 and later/],
    [
      "1.60",
      "1.53",
      /docker 1 speaks version 1\.53 and later, dewy up to 1\.52/,
    ],
    ["", "", /names no version/],
    ["latest", "1.12", /names no version/],
  ] as const
) {
  Deno.test(`negotiate() refuses ${least || "none"} to ${theirs || "none"}`, () => {
    const raw = { Version: "1", ApiVersion: theirs, MinAPIVersion: least };
    throws(
      () => negotiate(raw),
      (error) =>
        error instanceof SourceError && error.code === "invalid" &&
        says.test(error.message) && error.hint !== undefined,
    );
  });
}
