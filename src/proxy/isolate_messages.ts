import type { ProxyEvent } from "../base/event_proxy.ts";
import type { BackendTable } from "./backend.ts";
import type { Certificate } from "./http/front.ts";
import type { PortSnapshot } from "./port_metrics.ts";
import type { ProxySettings } from "./settings.ts";

/** What an isolate of the proxy is asked for. */
export type Task =
  /** Opens the ports; until then nothing is accepted. */
  | {
    readonly type: "open";
    readonly settings: ProxySettings;
    readonly table: BackendTable;
    /** Whether other isolates open the same ports. */
    readonly isShared: boolean;
  }
  /** Puts another table in the place of the one before. */
  | { readonly type: "swap"; readonly table: BackendTable }
  /** Waits until a backend has nothing in flight, or ends it after `graceMs`. */
  | { readonly type: "drain"; readonly id: string; readonly graceMs: number }
  | { readonly type: "renew"; readonly certificate: Certificate }
  /** Accepts nothing more, and ends what is open after `graceMs`. */
  | { readonly type: "close"; readonly graceMs: number };

export type Request =
  | { readonly type: "task"; readonly id: number; readonly task: Task }
  | { readonly type: "ping" };

/** Something that an operator should hear of. */
export type Trouble = Omit<
  Extract<ProxyEvent, { type: "proxy-trouble" }>,
  "type"
>;

export type Reply =
  | { readonly type: "done"; readonly id: number; readonly cut: number }
  | { readonly type: "failed"; readonly id: number; readonly message: string }
  /** The answer to a ping. */
  | {
    readonly type: "alive";
    readonly ports: ReadonlyMap<number, PortSnapshot>;
    /** What each backend has in flight, where it has anything. */
    readonly inFlight: ReadonlyMap<string, number>;
    /** How much work each backend of the table was given so far. */
    readonly taken: ReadonlyMap<string, number>;
  }
  | { readonly type: "trouble"; readonly trouble: Trouble }
  /** Lines of the access log, each with its end. */
  | { readonly type: "access-log"; readonly lines: string };
