import assert from "node:assert/strict";
import { archiveName, TARGETS } from "../../../scripts/build/targets.ts";
import { fromFolder } from "../../../scripts/paths.ts";

const WORKFLOW = await Deno.readTextFile(
  fromFolder("../.github/workflows/release.yml"),
);

Deno.test("the release workflow pins every action by its full hash", () => {
  const used = [...WORKFLOW.matchAll(/uses: (.*)/g)].map(([, what]) => what);
  assert.ok(used.length > 0);
  for (const what of used) {
    assert.match(what ?? "", /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

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
