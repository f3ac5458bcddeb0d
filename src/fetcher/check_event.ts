import type { DeployEvent } from "../base/event.ts";
import {
  type Check,
  count,
  flag,
  oneOf,
  optional,
  record,
  ShapeError,
  text,
  time,
} from "./check.ts";
import { SOURCE_CODES } from "./rpc.ts";

type Events = {
  readonly [E in IsolateEvent as E["type"]]: Check<Omit<E, "type">>;
};

/** What an isolate may tell of; all else is the supervisor's own to tell. */
type IsolateEvent = Extract<DeployEvent, {
  type:
    | "object-written"
    | "shared-cache-failed"
    | "registry-cache-enabled"
    | "registry-cache-ignored"
    | "registry-refreshed"
    | "registry-cache-failed"
    | "registry-outage";
}>;

const error: Check<Error> = (value, field) => {
  if (value instanceof Error) return value;
  throw new ShapeError(`${field} is no error`);
};

const EVENTS: Events = {
  "object-written": record({ bucket: text, key: text }),
  "shared-cache-failed": record({
    operation: oneOf(["read", "write"]),
    bucket: text,
    key: text,
    error,
  }),
  "registry-cache-enabled": record({ ttlMs: count }),
  "registry-cache-ignored": record({}),
  "registry-refreshed": record({ node: text }),
  "registry-cache-failed": record({
    step: oneOf(["read", "claim", "publish", "release"]),
    error,
    first: flag,
  }),
  "registry-outage": record({
    phase: oneOf(["begun", "lasting", "over"]),
    sinceMs: time,
    reason: text,
    code: optional(oneOf(SOURCE_CODES)),
  }),
};

/**
 * Returns an event that an isolate sent.
 *
 * @throws {ShapeError} When it is none that an isolate may send.
 */
export function checkEvent(event: unknown): DeployEvent {
  const { type } = record<{ type: string }>({ type: text })(event, "the event");
  if (!Object.hasOwn(EVENTS, type)) {
    throw new ShapeError(`it may not tell of "${type}"`);
  }
  const check = EVENTS[type as keyof Events];
  return { type, ...check(event, `the event "${type}"`) } as DeployEvent;
}
