import { SourceError } from "../base/errors.ts";
import type { EngineVersion } from "./engine_types.ts";

/** The newest API whose changes are known not to concern what dewy asks for (Docker 29). */
export const NEWEST_API = "1.52";
/** The oldest API that has all that dewy asks for (Docker 19.03, Podman 3). */
export const OLDEST_API = "1.40";

/** What `GET /version` answers. */
export interface RawVersion {
  readonly Version?: string;
  readonly ApiVersion?: string;
  readonly MinAPIVersion?: string;
  readonly Components?: readonly { readonly Name?: string }[] | null;
}

/**
 * Agrees on the newest version of the API that both sides speak.
 *
 * @throws {SourceError} `invalid` when there is none.
 */
export function negotiate(raw: RawVersion): EngineVersion {
  const { Version: version = "", ApiVersion: theirs = "" } = raw;
  const least = raw.MinAPIVersion || theirs;
  const isPodman = (raw.Components ?? [])
    .some(({ Name: name = "" }) => name.startsWith("Podman"));
  if (!isApiVersion(theirs) || !isApiVersion(least)) {
    throw new SourceError(
      "invalid",
      "Cannot agree on an API with the container engine: it names no version",
      { hint: "Check that a container engine listens on the socket" },
    );
  }
  const kind = isPodman ? "podman" : "docker";
  if (compare(theirs, OLDEST_API) < 0) {
    throw disagreement(
      `${kind} ${version} speaks version ${theirs}, dewy ${OLDEST_API} and later`,
      "Update the container engine",
    );
  }
  if (compare(least, NEWEST_API) > 0) {
    throw disagreement(
      `${kind} ${version} speaks version ${least} and later, dewy up to ${NEWEST_API}`,
      "Update dewy, or let the engine speak older versions as well",
    );
  }
  const api = compare(theirs, NEWEST_API) < 0 ? theirs : NEWEST_API;
  return { kind, version, api };
}

function disagreement(why: string, hint: string): SourceError {
  return new SourceError(
    "invalid",
    `Cannot agree on an API with the container engine: ${why}`,
    { hint },
  );
}

function isApiVersion(text: string): boolean {
  return /^\d+\.\d+$/.test(text);
}

function compare(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}
