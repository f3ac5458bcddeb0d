/** Where one port of an instance can be reached. */
export interface InstanceAddress {
  readonly hostname: string;
  readonly port: number;
}

/** Where each port of the proxy leads. */
export type Addresses = ReadonlyMap<number, InstanceAddress>;

/** One running copy of the application. */
export interface Instance {
  /** Names it for as long as it lives; no other one ever gets it. */
  readonly id: string;
  /** What an operator knows it by. */
  readonly name: string;
  /** The version that it runs. */
  readonly tag: string;
  /** Counts from 0. */
  readonly replica: number;
  readonly addresses: Addresses;
}

/** What has become of an instance. */
export type Condition =
  | {
    readonly kind: "running";
    /** Where its ports are now: one that was started again may have others. */
    readonly addresses: Addresses;
  }
  /** It does not run, and may again without being started by dewy: somebody paused it, or it is restarted. */
  | { readonly kind: "suspended"; readonly reason: string }
  | { readonly kind: "gone"; readonly reason: string };

/** Starts and stops copies of the application, whatever they are. */
export interface InstanceRuntime<Spec> {
  /**
   * Starts one; it need not answer yet when this returns.
   *
   * @throws When it cannot be started; nothing of it is left then.
   */
  start(spec: Spec, replica: number, signal: AbortSignal): Promise<Instance>;

  /** Returns what `spec` is, for people. */
  describe(spec: Spec): string;

  /** Stops one, giving it time to finish, and removes what is left of it. Done as well when nothing is. */
  stop(instance: Instance, signal: AbortSignal): Promise<void>;

  /** Returns what it said last, to explain why it failed; empty when nothing is known. */
  lastWords(instance: Instance, signal: AbortSignal): Promise<string>;

  /** Returns what has become of one. */
  look(instance: Instance, signal: AbortSignal): Promise<Condition>;
}

/** Returns whether both lead to the same places. */
export function isSamePlace(a: Addresses, b: Addresses): boolean {
  return a.size === b.size && [...a].every(([port, address]) => {
    const other = b.get(port);
    return other?.hostname === address.hostname && other.port === address.port;
  });
}
