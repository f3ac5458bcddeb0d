import type { Balancer, Slot } from "../balancer.ts";

/** A request that ends the backends that it gets must not end all of them. */
export const MAX_REPEATS = 2;

/** Who waits for a backend. */
export interface Waiting {
  /** Calls `wake` as soon as it is of no use to wait for anything. */
  onEnd(wake: () => void): Disposable;
}

/**
 * Returns the backend whose turn it is. When there has been none to try, it
 * waits up to `holdMs` for one.
 */
export async function pickBackend(
  balancer: Balancer,
  tried: ReadonlySet<Slot>,
  { holdMs, waiting }: { readonly holdMs: number; readonly waiting: Waiting },
): Promise<Slot | undefined> {
  const slot = balancer.pick(tried);
  if (slot !== undefined || holdMs === 0 || tried.size > 0) return slot;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), holdMs);
  using _ = waiting.onEnd(() => over.abort());
  await balancer.arrival(over.signal);
  clearTimeout(timer);
  return balancer.pick(tried);
}
