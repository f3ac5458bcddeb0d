import type { Backend, BackendTable } from "../proxy/backend.ts";
import type { Drained } from "../proxy/balancer.ts";
import type { Instance } from "./instance.ts";

/** What deals out the work of clients; the proxy. */
export interface Front {
  /** Resolves when nobody is sent by the table before any more. */
  swap(table: BackendTable): Promise<void>;
  drain(id: string, graceMs: number): Promise<Drained>;
}

/** An instance and whether it gets work. */
export interface Member {
  readonly instance: Instance;
  readonly state: Backend["state"];
}

/**
 * The instances that clients may be sent to. Changes follow each other: a
 * change is over when the front works by it.
 */
export class Fleet {
  #front: Front;
  #members = new Map<string, Member>();
  #changes: Promise<void> = Promise.resolve();

  constructor(front: Front) {
    this.#front = front;
  }

  /** Every instance that was added and not removed. */
  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Instances that get work. */
  get ready(): number {
    return this.members.filter(({ state }) => state === "ready").length;
  }

  /** Sends work to `instances` from now on. */
  add(...instances: readonly Instance[]): Promise<void> {
    return this.#change((members) => {
      for (const instance of instances) {
        members.set(instance.id, { instance, state: "ready" });
      }
    });
  }

  /**
   * Passes over an instance until it is restored. The last one that gets work
   * is left in.
   *
   * @returns Whether it gets none now.
   */
  async eject(id: string): Promise<boolean> {
    await this.#change((members) => {
      const member = members.get(id);
      if (member === undefined || this.ready <= 1) return;
      members.set(id, { ...member, state: "ejected" });
    });
    return this.#members.get(id)?.state !== "ready";
  }

  /** Sends work to an instance again; one that is not there stays away. */
  restore(id: string): Promise<void> {
    return this.#change((members) => {
      const member = members.get(id);
      if (member !== undefined) members.set(id, { ...member, state: "ready" });
    });
  }

  /** Sends its work to an instance at other addresses; whether it gets any stays as it is. */
  move(instance: Instance): Promise<void> {
    return this.#change((members) => {
      const member = members.get(instance.id);
      if (member !== undefined) {
        members.set(instance.id, { ...member, instance });
      }
    });
  }

  /** Sends nothing more to instances; what they have in flight goes on. */
  remove(...ids: readonly string[]): Promise<void> {
    return this.#change((members) => {
      for (const id of ids) members.delete(id);
    });
  }

  /** Takes an instance out and waits until it has nothing in flight, at most `graceMs`. */
  async retire(id: string, graceMs: number): Promise<Drained> {
    await this.remove(id);
    return await this.#front.drain(id, graceMs);
  }

  #change(change: (members: Map<string, Member>) => void): Promise<void> {
    const changed = this.#changes.then(async () => {
      change(this.#members);
      await this.#front.swap(tableOf(this.members));
    });
    // The next change is told of its own failure only.
    this.#changes = changed.catch(() => {});
    return changed;
  }
}

/** Returns the table that sends work to members as they are. */
export function tableOf(members: readonly Member[]): BackendTable {
  const table = new Map<number, Backend[]>();
  for (const { instance, state } of members) {
    for (const [proxyPort, { hostname, port }] of instance.addresses) {
      const backends = table.get(proxyPort) ?? [];
      backends.push({ id: instance.id, hostname, port, state });
      table.set(proxyPort, backends);
    }
  }
  return table;
}
