/** What containers are run with: an `Engine`. */
export * from "../client/engine.ts";
export type * from "../client/engine_types.ts";
