import {
  type ActionResult,
  OperationError,
  type OperatorAction,
} from "../supervisor/operations.ts";
import { HttpError } from "./message.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Longer texts are no versions and no reasons. */
const LONGEST_TEXT = 500;
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/** How each action is read from its body, by its name in the path. */
const READERS: Readonly<Record<string, (fields: Fields) => OperatorAction>> = {
  deploy: (fields) => ({ kind: "deploy", ...textIn(fields, "version") }),
  rollback: (fields) => ({ kind: "rollback", ...textIn(fields, "version") }),
  pin: (fields) => ({ kind: "pin", version: requireText(fields, "version") }),
  unpin: () => ({ kind: "unpin" }),
  hold: (fields) => ({ kind: "hold", ...textIn(fields, "reason") }),
  resume: () => ({ kind: "resume" }),
  restart: () => ({ kind: "restart" }),
};
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  deploy: ["version"],
  rollback: ["version"],
  pin: ["version"],
  hold: ["reason"],
};

/** Returns the action called `name`; `undefined` when there is none. */
export function actionReader(
  name: string,
): ((fields: Fields) => OperatorAction) | undefined {
  if (!Object.hasOwn(READERS, name)) return undefined;
  const read = READERS[name];
  return (fields) => {
    refuseUnknown(fields, FIELDS[name] ?? []);
    if (read === undefined) throw new TypeError(`No reader for "${name}"`);
    return read(fields);
  };
}

/** The status that each kind of refusal is answered with. */
const STATUS = {
  conflict: 409,
  "not-found": 404,
  invalid: 422,
  unavailable: 503,
} as const;

/** Returns what an error of the operations is answered with; others are returned as they are. */
export function operationFailure(error: unknown): unknown {
  if (!(error instanceof OperationError)) return error;
  const { code, message, hint } = error;
  return new HttpError(STATUS[code], code, message, { hint });
}

/** The result, as the API has it. */
export function resultJson(result: ActionResult): Record<string, unknown> {
  const { action, version, message } = result;
  return {
    action,
    result: result.result,
    version: version ?? null,
    message,
  };
}

function textIn<N extends "version" | "reason">(
  fields: Fields,
  name: N,
): { readonly [K in N]?: string } {
  const value = fields[name];
  if (value === undefined || value === null) return {};
  const isText = typeof value === "string" && value.trim() !== "" &&
    value.length <= LONGEST_TEXT && !CONTROL.test(value);
  // A computed key of a generic type is widened to any string.
  if (isText) return { [name]: value.trim() } as { [K in N]: string };
  throw new HttpError(
    400,
    "invalid",
    `"${name}" must be a text of 1 to ${LONGEST_TEXT} characters, without control characters`,
  );
}

function requireText(fields: Fields, name: "version"): string {
  const text = textIn(fields, name)[name];
  if (text !== undefined) return text;
  throw new HttpError(400, "invalid", `"${name}" is missing`, {
    hint: `Send {"${name}":"v1.2.3"}`,
  });
}

function refuseUnknown(fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new HttpError(400, "invalid", `There is no field "${unknown}" here`, {
    hint: known.length === 0 ? "Send {}" : `Fields: ${known.join(", ")}`,
  });
}
