import type { Fields } from "./fields.ts";

/**
 * Returns what is wrong, one sentence each; nothing when all is well. A hold, a
 * pin, a cooldown or a window is an operator's own choice and no problem.
 *
 * @param status What `GET /api/v1/status` answered.
 */
export function problemsOf(status: Fields): readonly string[] {
  return [
    ...versionProblems(status),
    ...programProblems(status),
    ...replicaProblems(status),
    ...registryProblems(status),
  ];
}

function versionProblems(status: Fields): string[] {
  const missing = status.isNull("current") ? ["Nothing is in service yet"] : [];
  // What failed once and was overtaken by another version harms nobody.
  const failing = status.list("waiting")
    .filter((waiting) => waiting.text("code") === "failed-before")
    .map((waiting) =>
      `${waiting.text("version")} cannot be deployed: ${waiting.text("reason")}`
    );
  return [...missing, ...failing];
}

function programProblems(status: Fields): string[] {
  const isIdle = status.text("phase") === "waiting";
  const program = status.object("program");
  const isDown = program !== undefined && program.flag("running") === false;
  // Before the first deploy there is nothing to run, and while one is under way
  // the deploy says what happens.
  if (!isDown || !isIdle || status.object("current") === undefined) return [];
  return ["The program does not run"];
}

function replicaProblems(status: Fields): string[] {
  // During a roll-out some are always on their way in or out.
  const isRolling = status.text("phase") === "deploying";
  if (status.text("command") !== "container" || isRolling) return [];
  const replicas = status.list("replicas");
  const sick = replicas.filter((one) => one.flag("healthy") === false);
  if (sick.length > 0) {
    const names = sick.map((one) => one.text("name")).join(", ");
    return [`Not healthy: ${names}`];
  }
  const isEmpty = replicas.length === 0 && status.text("phase") === "waiting";
  return isEmpty && status.object("current") !== undefined
    ? ["No replica serves"]
    : [];
}

function registryProblems(status: Fields): string[] {
  const registry = status.object("registry");
  const failures = registry?.number("failures") ?? 0;
  if (registry === undefined || failures === 0) return [];
  const why = registry.text("error");
  const times = failures === 1 ? "once" : `${failures} times in a row`;
  return [`The registry failed ${times}${why === "" ? "" : `: ${why}`}`];
}
