import process from "node:process";

/**
 * Has packages find no environment in this isolate: one that has no permission
 * to read it fails at the first look, and `ws` looks as soon as it is imported.
 * To be called before anything imports it.
 */
export function hideEnvironment(): void {
  Object.defineProperty(process, "env", { value: {} });
}
