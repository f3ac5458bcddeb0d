import assert from "node:assert/strict";
import { archiveName, TARGETS } from "../../../scripts/build/targets.ts";
import { fromFolder } from "../../../scripts/paths.ts";

const WORKFLOW = await Deno.readTextFile(
  fromFolder("../.github/workflows/release.yml"),
);

for (const name of ["check", "release"]) {
  const read = () =>
    Deno.readTextFile(fromFolder(`../.github/workflows/${name}.yml`));

  Deno.test(`the workflow "${name}" pins every action by its full hash`, async () => {
    const used = [...(await read()).matchAll(/uses: (.*)/g)];
    assert.ok(used.length > 0);
    for (const [, what = ""] of used) {
      assert.match(what, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  Deno.test(`the workflow "${name}" keeps no token in a checkout`, async () => {
    const text = await read();
    const count = (what: string) => text.split(what).length - 1;
    assert.ok(count("actions/checkout@") > 0);
    assert.equal(
      count("persist-credentials: false"),
      count("actions/checkout@"),
    );
  });

  // A tag or a branch may be named `$(command)`; in a variable that is only text.
  Deno.test(`the workflow "${name}" puts no expression into a script`, async () => {
    const steps = (await read()).split(/\n {6}- /);
    const scripts = steps.flatMap((step) =>
      step.split(/^(?: {8})?run: /m)[1]?.split(/\n {8}(?=\w)/)[0] ?? []
    );
    assert.ok(scripts.length > 0);
    for (const script of scripts) assert.doesNotMatch(script, /\$\{\{/);
  });
}

Deno.test("the release workflow gives nothing to jobs that do not ask", () => {
  assert.match(WORKFLOW, /^permissions: \{\}$/m);
  const jobs = WORKFLOW.slice(WORKFLOW.indexOf("\njobs:")).split(/\n {2}(?=\w)/)
    .slice(1);
  assert.deepEqual(
    jobs.map((job) => job.slice(0, job.indexOf(":"))),
    ["test", "build", "collect", "publish"],
  );
  const writers = jobs.filter((job) => job.includes("contents: write"));
  assert.deepEqual(writers, jobs.slice(-1));
  for (const job of jobs) assert.match(job, /\n {4}permissions:\n/);
});

Deno.test("the release workflow builds every target", () => {
  for (const target of TARGETS) {
    const archive = archiveName(target).replace(".tar.gz", "");
    const entry =
      `target: ${target.name}\\s+os: \\S+\\s+archive: ${archive}\\s`;
    assert.match(WORKFLOW, new RegExp(entry));
  }
});

Deno.test("the release workflow tests, tries, checks and attests before it publishes", () => {
  const steps = [
    ["test", /bash \.ci\/run/],
    ["build", /task build --target "\$TARGET" --release "\$GITHUB_REF_NAME"/],
    ["build", /smoke\/dewy --version[^]*dewy assets --once/],
    ["build", /TEST_DEWY_PROGRAM="\$PWD\/smoke\/dewy" \S+ -y \S+ task demo/],
    ["collect", /needs: \[test, build\][^]*sha256sum --check SHA256SUMS/],
    ["collect", /id-token: write\n\s+attestations: write/],
    ["collect", /attest-build-provenance@[^]*subject-checksums: dist\/SHA256S/],
    ["publish", /needs: \[collect\][^]*gh release create/],
  ] as const;
  for (const [job, what] of steps) {
    const text = WORKFLOW.split(/\n {2}(?=\w)/)
      .find((part) => part.startsWith(`${job}:`)) ?? "";
    assert.match(text, what);
  }
  assert.match(WORKFLOW, /^on:\n {2}push:\n {4}tags: \["v\*"\]$/m);
});
