import type { RestartPolicy, Ulimit } from "./host_config.ts";
import { BadValue, type RunDraft } from "./run_option.ts";
import { pair, whole } from "./run_option_values.ts";

/** Kernel settings that are each container's own, as docker lists them. */
export const SYSCTL =
  /^(?:net\..+|fs\.mqueue\..+|kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))$/;

const LIMITS = new Set([
  ...["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice"],
  ...["nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"],
]);

/** Adds `NAME=SOFT[:HARD]`; a limit given again replaces the former. */
export function addUlimit(draft: RunDraft, value: string): void {
  const [name, limits] = pair(value);
  if (!LIMITS.has(name)) {
    throw new BadValue(`not name the limit "${name}"`, {
      hint: `Limits: ${[...LIMITS].join(", ")}`,
    });
  }
  const [soft = "", hard = soft, ...more] = limits.split(":");
  if (more.length > 0) throw new BadValue("be written NAME=SOFT[:HARD]");
  const ulimit: Ulimit = {
    Name: name,
    Soft: limitValue(soft),
    Hard: limitValue(hard),
  };
  const isAbove = ulimit.Soft === -1 || ulimit.Soft > ulimit.Hard;
  if (ulimit.Hard !== -1 && isAbove) {
    throw new BadValue("have a soft limit that is not above the hard one");
  }
  const others = draft.host.Ulimits?.filter((other) => other.Name !== name);
  draft.host.Ulimits = [...others ?? [], ulimit];
}

function limitValue(text: string): number {
  return text === "infinity" ? -1 : whole(text, { min: -1 });
}

/** Adds a capability in the one spelling that engines show: `CAP_NET_RAW`, or `ALL`. */
export function withCapability(
  names: readonly string[] | undefined,
  value: string,
): string[] {
  const upper = value.trim().toUpperCase();
  if (!/^[A-Z_]+$/.test(upper)) {
    throw new BadValue('name a capability such as "NET_RAW", or "ALL"');
  }
  const isWhole = upper === "ALL" || upper.startsWith("CAP_");
  const name = isWhole ? upper : `CAP_${upper}`;
  return [...new Set([...names ?? [], name])];
}

/** Reads `no`, `on-failure[:TIMES]`, `always` or `unless-stopped`. */
export function restartPolicy(value: string): RestartPolicy {
  const [name, times, ...more] = value.split(":");
  switch (name) {
    case "":
    case "no":
    case "always":
    case "unless-stopped":
      if (times !== undefined) break;
      return { Name: name === "" ? "no" : name, MaximumRetryCount: 0 };
    case "on-failure":
      if (more.length > 0) break;
      return {
        Name: name,
        MaximumRetryCount: times === undefined ? 0 : whole(times, { min: 0 }),
      };
  }
  throw new BadValue(
    'be "no", "on-failure", "on-failure:TIMES", "always" or "unless-stopped"',
  );
}
