import { ConfigError } from "../base/errors.ts";

/** So little was given that the help should follow the error. */
export class UsageError extends ConfigError {}
