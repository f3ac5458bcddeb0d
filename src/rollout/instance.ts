/** Where one port of an instance can be reached. */
export interface InstanceAddress {
  readonly hostname: string;
  readonly port: number;
}

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
  /** Where each port of the proxy leads. */
  readonly addresses: ReadonlyMap<number, InstanceAddress>;
}

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

  /** Stops one, giving it time to finish, and removes what is left of it. */
  stop(instance: Instance, signal: AbortSignal): Promise<void>;

  /** Returns what it said last, to explain why it failed; empty when nothing is known. */
  lastWords(instance: Instance, signal: AbortSignal): Promise<string>;

  /** Returns whether it runs. */
  isRunning(instance: Instance, signal: AbortSignal): Promise<boolean>;
}
