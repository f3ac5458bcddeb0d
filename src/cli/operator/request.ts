import { ConfigError } from "../../base/errors.ts";
import type { GivenOptions } from "../options_given.ts";

/** Commands that are one question or one order to a running dewy. */
export const REQUESTS = [
  "status",
  "history",
  "events",
  "deploy",
  "rollback",
  "pin",
  "unpin",
  "hold",
  "resume",
  "restart",
] as const;

/** Which dewy is spoken to, as the command line says. */
export interface AdminPlaceGiven {
  /** The socket; that of the current directory when neither it nor a port is given. */
  readonly socket: string | undefined;
  /** Of the loopback address; used when no socket is given. */
  readonly port: number | undefined;
  readonly tokenFile: string | undefined;
}

/** A question or an order to a running dewy. */
export interface OperatorRequest {
  readonly name: (typeof REQUESTS)[number];
  readonly version: string | undefined;
  readonly reason: string | undefined;
  readonly json: boolean;
  /** Whether the end of the deploy is waited for. */
  readonly wait: boolean;
  readonly place: AdminPlaceGiven;
}

/** What begins a deploy. */
const WAITING: ReadonlySet<string> = new Set(["deploy", "rollback", "pin"]);

/** What may stand behind a command. */
const VERSION_OF: Readonly<Record<string, "optional" | "required">> = {
  deploy: "optional",
  rollback: "optional",
  pin: "required",
};

/**
 * Reads a command to a running dewy.
 *
 * @param words What stands behind its name.
 * @throws {ConfigError} When a word is missing or one too many.
 */
export function parseOperator(
  name: OperatorRequest["name"],
  words: readonly string[],
  options: GivenOptions,
): OperatorRequest {
  const [first, ...more] = words;
  const takes = VERSION_OF[name];
  if (takes === "required" && (first ?? "") === "") {
    throw new ConfigError(`Cannot run "${name}": no version was given`, {
      hint: `Write "dewy ${name} VERSION"; "dewy plan" lists versions`,
    });
  }
  const extra = takes === undefined ? first : more[0];
  if (extra !== undefined) {
    throw new ConfigError(
      `Cannot run "${name}": word "${extra}" is not expected`,
      { hint: `"dewy help ${name}" says what it takes` },
    );
  }
  return {
    name,
    version: takes === undefined ? undefined : first,
    reason: options.text("reason") || undefined,
    json: options.flag("json"),
    wait: WAITING.has(name) && options.flag("wait"),
    place: parseAdminPlace(options),
  };
}

/** @throws {ConfigError} When the port is malformed. */
export function parseAdminPlace(options: GivenOptions): AdminPlaceGiven {
  return {
    socket: options.text("admin-socket") || undefined,
    port: options.numberIfGiven("admin-port"),
    tokenFile: options.text("admin-token-file") || undefined,
  };
}
