import assert from "node:assert/strict";
import { statusJson } from "../../../../src/admin/status_json.ts";
import { Fields } from "../../../../src/cli/operator/fields.ts";
import { renderStatus } from "../../../../src/cli/operator/render_status.ts";
import { BUSY_STATUS } from "../../../support/sample_status.ts";

const SCREEN = { columns: undefined, color: false, now: 1_700_000_000_000 };

for (const phase of ["waiting", "checking", "deploying"] as const) {
  Deno.test(`renderStatus() tells the next poll when dewy waits for it: ${phase}`, () => {
    const status = {
      ...BUSY_STATUS,
      phase,
      registry: { ...BUSY_STATUS.registry, nextPollAt: SCREEN.now },
    };
    const text = renderStatus(Fields.of(statusJson(status)), SCREEN);
    const isTold = /^Registry .+, next poll 2023-11-14T22:13:20Z$/m.test(text);
    assert.equal(isTold, phase === "waiting", text);
  });
}
