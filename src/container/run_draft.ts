import { mountTarget } from "./mount_source.ts";
import { finishNetworks } from "./network_option.ts";
import { BadValue, type RunDraft } from "./run_option.ts";
import { failure } from "./run_option_words.ts";

/**
 * Checks what depends on several options, and completes the body.
 *
 * @throws {ConfigError} When options contradict each other.
 */
export function finishRunDraft(draft: RunDraft): void {
  try {
    finishNetworks(draft);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw failure(
      `options "--network" and "--network-alias" must ${error.message}`,
      {},
    );
  }
  finishHealth(draft);
  finishLog(draft);
  finishMounts(draft);
  if (draft.env.length > 0) draft.body.Env = draft.env;
  if (Object.keys(draft.host).length > 0) draft.body.HostConfig = draft.host;
}

function finishHealth(draft: RunDraft): void {
  const isGiven = Object.keys(draft.health).length > 0;
  if (draft.isHealthOff && isGiven) {
    throw failure('option "--no-healthcheck" contradicts "--health-…"', {
      hint: "Leave one of them out",
    });
  }
  if (draft.isHealthOff) draft.body.Healthcheck = { Test: ["NONE"] };
  else if (isGiven) draft.body.Healthcheck = draft.health;
}

function finishLog(draft: RunDraft): void {
  const log = draft.host.LogConfig;
  if (log?.Type !== "none" || log.Config === undefined) return;
  throw failure('option "--log-opt" means nothing with "--log-driver none"', {
    hint: "Leave one of them out",
  });
}

/** The engine would refuse the same path twice, but only once it deploys. */
function finishMounts(draft: RunDraft): void {
  const { host, body } = draft;
  // Docker takes the same words twice for once.
  if (host.Binds !== undefined) host.Binds = [...new Set(host.Binds)];
  const targets = [
    ...Object.keys(body.Volumes ?? {}),
    ...Object.keys(host.Tmpfs ?? {}),
    ...host.Binds?.map((bind) => bind.split(":")[1] ?? "") ?? [],
    ...host.Mounts?.map((mount) => mount.Target) ?? [],
  ].map(mountTarget);
  const seen = new Set<string>();
  for (const target of targets) {
    if (seen.has(target)) {
      throw failure(`"${target}" is mounted twice in the container`, {
        hint: "Leave one --volume, --mount or --tmpfs out",
      });
    }
    seen.add(target);
  }
}
