import type { EmitEvent } from "../base/event.ts";
import type { Platform } from "../base/platform.ts";
import type { Clock } from "../base/time.ts";
import type { ObjectStore } from "../client/object_store.ts";
import { CachedRegistry } from "./cached.ts";
import { registryCacheKey } from "./cached_key.ts";
import { CachedObject } from "./cached_object.ts";
import type { Registry } from "./registry.ts";

/** How answers are shared, and by whom. */
export interface ShareOptions {
  /** 0 for not at all, milliseconds. */
  readonly registryTtlMs: number;
  /** Left out when the cache is of this host alone. */
  readonly shared?: { readonly store: ObjectStore; readonly prefix: string };
  readonly registryUrl: string;
  readonly calver: string | undefined;
  /** Empty for all slots. */
  readonly slot: string;
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string>>;
  /** Whether answers without checksums are of no use here. */
  readonly wholeOnly: boolean;
  /** `HOST:PID`. */
  readonly node: string;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/** Returns the registry behind the shared cache when one is wanted and can be, and else as it is. */
export function shareAnswers(
  registry: Registry,
  options: ShareOptions,
): Registry {
  const { registryTtlMs: ttlMs, shared, emit, clock } = options;
  if (ttlMs <= 0) return registry;
  if (shared === undefined) {
    emit({ type: "registry-cache-ignored" });
    return registry;
  }
  emit({ type: "registry-cache-enabled", ttlMs });
  const key = shared.prefix + keyOf(options);
  const object = new CachedObject({ store: shared.store, key, clock });
  return new CachedRegistry({ ...options, ttlMs, registry, object });
}

function keyOf({ slot, env, ...scope }: ShareOptions): string {
  const artifact = /^ghr:/i.test(scope.registryUrl)
    ? env["GITHUB_ARTIFACT"] ?? ""
    : "";
  // Hosts of another kind choose among all slots and filter afterwards, so that only those without one can share with them.
  const extra = [
    slot === "" ? "" : `slot=${slot}`,
    artifact === "" ? "" : `artifact=${artifact}`,
  ];
  return registryCacheKey({ ...scope, extra });
}
