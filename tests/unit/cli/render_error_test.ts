import assert from "node:assert/strict";
import {
  ConfigError,
  FilesystemError,
  SourceError,
} from "../../../src/base/errors.ts";
import { renderError } from "../../../src/cli/render_error.ts";

Deno.test("renderError() writes what, why and what to do", () => {
  const cause = new Error("No space left on device (os error 28)", {
    cause: new Error("Deeper"),
  });
  const error = new FilesystemError('Cannot write "/a"', {
    cause,
    hint: "Free space",
  });
  assert.equal(
    renderError(error),
    [
      'Error: Cannot write "/a"',
      "  because: No space left on device (os error 28)",
      "  because: Deeper",
      "  hint: Free space",
      "",
    ].join("\n"),
  );
});

Deno.test("renderError() writes no more than there is", () => {
  assert.equal(renderError(new ConfigError("Bad")), "Error: Bad\n");
  assert.equal(renderError("thrown text"), "Error: thrown text\n");
  const caused = new SourceError("denied", "Denied", { cause: "why" });
  assert.equal(renderError(caused), "Error: Denied\n  because: why\n");
});

Deno.test("renderError() shows where a defect of dewy itself is", () => {
  const text = renderError(new TypeError("x is undefined"));
  assert.match(text, /^Error: TypeError: x is undefined\n\s+at /);
});

Deno.test("renderError() shows no stack of an error that dewy expects", () => {
  assert.ok(!renderError(new ConfigError("Bad")).includes("    at "));
});

Deno.test("renderError() does not repeat a cause that the message quotes", () => {
  const cause = new Error("unexpected end of file");
  const error = new SourceError("invalid", `Cannot read it: ${cause.message}`, {
    cause,
  });
  assert.equal(
    renderError(error),
    "Error: Cannot read it: unexpected end of file\n",
  );
});
