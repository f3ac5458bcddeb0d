import type { AdminEvent } from "./event_admin.ts";
import type { ContainerEvent } from "./event_container.ts";
import type { DecisionEvent } from "./event_decision.ts";
import type { DeployStepEvent } from "./event_deploy.ts";
import type { NotifyEvent } from "./event_notify.ts";
import type { MetricsEvent } from "./event_metrics.ts";
import type { ProgramEvent } from "./event_program.ts";
import type { ProxyEvent } from "./event_proxy.ts";
import type { SharedCacheEvent } from "./event_shared_cache.ts";
import type { WorkerEvent } from "./event_worker.ts";

export type { DeployFailure, HookResult } from "./event_deploy.ts";
export type { ProcessExit } from "./event_worker.ts";

/**
 * Everything that happens in dewy, as one union: the log, notifications,
 * metrics, history and the status page only read it. Times in milliseconds.
 */
export type DeployEvent =
  | ProgramEvent
  | DecisionEvent
  | DeployStepEvent
  | WorkerEvent
  | SharedCacheEvent
  | ProxyEvent
  | ContainerEvent
  | MetricsEvent
  | NotifyEvent
  | AdminEvent;

/** Takes events; it must not throw and must not wait. */
export type EmitEvent = (event: DeployEvent) => void;
