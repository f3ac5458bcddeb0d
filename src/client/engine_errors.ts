import { errorMessage, SourceError } from "../base/errors.ts";
import { EngineConflict } from "./engine.ts";
import type { EngineAddress } from "./engine_address.ts";
import { type EngineMeaning, meaningOfText } from "./engine_sayings.ts";

/** More of what an engine says would not be read, characters. */
const MAX_MESSAGE = 500;
/** Shorter values are too likely to be parts of ordinary words. */
const SHORTEST_SECRET = 4;

/** What was asked of an engine, for errors. */
export interface EngineQuestion {
  /** As it reads after "Cannot": `start container "web-0"`. */
  readonly what: string;
  /** What an answer may repeat and an error must not. */
  readonly secrets?: readonly string[];
  /** Whether the engine asks an image registry for it. @default false */
  readonly asksRegistry?: boolean;
}

/** Podman has other statuses than Docker for some of these. */
const CONFLICT =
  /is already in use|being used by|image is in use|image used by|is in use by|must be force|cannot remove (?:a |container .*)?running|container state improper|is not running/i;

/** Returns the error for an answer with a status that is no success. */
export function explainStatus(
  status: number,
  said: string,
  question: EngineQuestion,
): SourceError {
  const text = clean(said, question) || `HTTP ${status}`;
  const message = `Cannot ${question.what}: ${text}`;
  const known = meaningOfText(text, question.asksRegistry === true);
  if (known !== undefined) {
    return new SourceError(known.code, message, { hint: known.hint });
  }
  if (status === 409 || CONFLICT.test(text)) {
    return new EngineConflict(message, { hint: conflictHint(text) });
  }
  const { code, hint } = meaningOf(status);
  return new SourceError(code, message, { hint });
}

function conflictHint(text: string): string {
  return /name/i.test(text)
    ? "Remove or rename the container that has the name"
    : "Look at the containers and images of this host: docker ps --all";
}

function meaningOf(status: number): EngineMeaning {
  if (status === 404) {
    return {
      code: "not-found",
      hint: "Look who removed it: docker ps --all, docker images",
    };
  }
  if (status === 401 || status === 403) {
    return {
      code: "denied",
      hint: "The engine, or a plugin of it, does not allow this to dewy's user",
    };
  }
  return status >= 500
    ? { code: "unavailable", hint: "Look at the log of the container engine" }
    : { code: "invalid", hint: "Check the container's options after --" };
}

/** Returns what an engine said in one line, without secrets. */
function clean(said: string, { secrets = [] }: EngineQuestion): string {
  const masked = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "***"), said);
  // deno-lint-ignore no-control-regex
  const line = masked.replace(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}

/** Returns the error for a request without a whole answer: asks the socket why. */
export async function explainSilence(
  error: unknown,
  question: EngineQuestion,
  address: EngineAddress,
): Promise<SourceError> {
  const what = `Cannot ${question.what}`;
  const at = `"${address.path}"`;
  const service = address.kind === "docker" ? "dockerd" : "podman.socket";
  try {
    const connection = await Deno.connect({
      transport: "unix",
      path: address.path,
    });
    connection.close();
  } catch (cause) {
    if (cause instanceof Deno.errors.PermissionDenied) {
      return new SourceError("denied", `${what}: no access to ${at}`, {
        hint: accessHint(address),
        cause,
      });
    }
    const why = cause instanceof Deno.errors.NotFound
      ? `there is no ${at}`
      : `nobody answers at ${at}`;
    return new SourceError("unavailable", `${what}: ${why}`, {
      hint: `Is ${service} running? Check it, and ${variableOf(address)}`,
      cause,
    });
  }
  return new SourceError(
    "unavailable",
    `${what}: the engine broke the connection off`,
    {
      hint: `Look whether ${service} was restarted; dewy tries again`,
      cause: new Error(errorMessage(error)),
    },
  );
}

function accessHint({ kind }: EngineAddress): string {
  return kind === "docker"
    ? "Add dewy's user to the group docker, and start dewy anew"
    : "Run dewy as root, or as the user whose podman.socket it is";
}

function variableOf({ kind }: EngineAddress): string {
  return kind === "docker" ? "DOCKER_HOST" : "CONTAINER_HOST";
}
