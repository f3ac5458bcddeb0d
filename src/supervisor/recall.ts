import type { Release } from "../base/release.ts";
import type { DeployedRelease, State } from "./state.ts";

/** Returns the last that is remembered of each time a version came into service, newest first. */
export function recordsOf(state: State, tag: string): DeployedRelease[] {
  const { deployed, previous, history } = state;
  const fromHistory = history.filter((entry) =>
    entry.outcome === "deployed" || entry.outcome === "rolled-back"
  ).flatMap(({ tag, key, sha256, fingerprint, path, at }) =>
    path === undefined ? [] : [{ tag, key, sha256, fingerprint, path, at }]
  );
  const records = [deployed, previous, ...fromHistory.reverse()];
  return records.filter((record) => record?.tag === tag)
    .filter((record) => record !== undefined);
}

/** Returns a release as a registry would show it, from what is remembered of it. */
export function releaseOf(
  { tag, key, sha256, fingerprint }: DeployedRelease,
  artifactUrl: string,
): Release {
  return {
    id: "",
    tag,
    artifactUrl,
    artifactName: key.slice(`${tag}--`.length),
    checksumUrls: [],
    slot: tag.split("+")[1] ?? "",
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}
