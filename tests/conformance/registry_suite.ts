import { deepEqual, ok } from "node:assert/strict";
import { print } from "../../scripts/print.ts";
import { testAborts } from "./registry_aborts.ts";
import { testChoice, testRules } from "./registry_choice.ts";
import { testFaults } from "./registry_faults.ts";
import type { DriverUnderTest, Test } from "./registry_harness.ts";
import { testMissing, testNames } from "./registry_missing.ts";
import { testReport } from "./registry_report.ts";
import { testSurvey, testWishes } from "./registry_wishes.ts";

/** Tests what every {@link Registry} must do, and the reading of what it names. */
export function testRegistry(driver: DriverUnderTest): void {
  const left = new Map(Object.entries(driver.cannot));
  const behaviours = new Set<string>();
  const test: Test = (behaviour, body) => {
    ok(!behaviours.has(behaviour), `"${behaviour}" is there twice`);
    behaviours.add(behaviour);
    if (left.delete(behaviour)) return;
    Deno.test(`${driver.name} registry: ${behaviour}`, async () => {
      await using harness = await driver.open();
      await body(harness, driver);
    });
  };
  testChoice(test);
  testRules(test);
  testMissing(test);
  testNames(test);
  testWishes(test);
  testSurvey(test);
  testReport(test);
  testAborts(test);
  testFaults(test, driver);
  tellExceptions(driver, { behaviours, unknown: [...left.keys()] });
}

/** Prints what cannot be put to a driver, so that nothing is left out in silence. */
function tellExceptions(
  { name, cannot }: DriverUnderTest,
  { behaviours, unknown }: {
    readonly behaviours: ReadonlySet<string>;
    readonly unknown: readonly string[];
  },
): void {
  const exceptions = Object.entries(cannot);
  const shares = `${exceptions.length} of ${behaviours.size}`;
  Deno.test(`${name} registry: ${shares} behaviours cannot be put to it`, () => {
    for (const [behaviour, reason] of exceptions) {
      print(`${behaviour}: ${reason}\n`);
      ok(reason.length > 20, `"${behaviour}" needs a reason`);
    }
    deepEqual(unknown, [], "the suite has no such behaviour");
  });
}
