import type { Latest } from "../../registry/registry.ts";
import { openSource } from "../compose_parts.ts";
import { type DoctorContext, fail, type Finding, ok, warn } from "./finding.ts";

/** Until the registry has answered, milliseconds. */
const LIMIT_MS = 60_000;

/** Asks the registry which version is wanted, with the credentials and rights of the isolate that polls. */
export async function checkRegistry(
  { settings, root, env }: DoctorContext,
): Promise<readonly Finding[]> {
  using source = await openSource({
    // The bucket of other hosts is asked for nothing and told nothing.
    settings: { ...settings, cacheUrl: undefined },
    root,
    env,
    hostname: Deno.hostname(),
    emit: () => {},
  });
  return [judge(await source.latest(AbortSignal.timeout(LIMIT_MS)))];
}

function judge(latest: Latest): Finding {
  const name = "registry";
  if (latest.kind === "filtered") {
    return warn(
      name,
      `it answers, and no version is wanted: ${latest.reason}`,
      "Check --slot, and the options of the registry's URL",
    );
  }
  const [first] = latest.incomplete;
  if (latest.kind === "release") {
    const { tag, artifactName } = latest.release;
    const offered = `it offers ${tag} (${artifactName})`;
    return first === undefined ? ok(name, offered) : warn(
      name,
      `${offered}; ${first.tag} is not complete: ${first.reason}`,
      "Publish what is missing, or wait for its upload",
    );
  }
  return fail(
    name,
    `no version is complete: ${first?.reason ?? "none has an artifact"}`,
    'Publish an artifact for this system, or name it: "?artifact=NAME"',
  );
}
