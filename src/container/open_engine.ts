import { EngineClient } from "../client/engine_client.ts";
import { findEngine } from "../client/engine_address.ts";
import type { Engine, EngineKind } from "./engine.ts";

/**
 * Opens the container engine of this host. Nothing is asked yet.
 *
 * @throws {ConfigError} When a variable names anything but a Unix socket.
 */
export async function openEngine(
  env: Readonly<Record<string, string>>,
  kind: EngineKind,
): Promise<Engine> {
  const address = await findEngine({ kind, env, uid: Deno.uid() ?? 0 });
  return new EngineClient(address);
}
