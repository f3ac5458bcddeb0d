import { errorMessage } from "../base/errors.ts";
import { backoffMs, type Clock } from "../base/time.ts";
import type { Engine } from "./engine.ts";

/** What {@link watchEngine} works with. */
export interface WatchOptions {
  readonly engine: Engine;
  /** The value of the label `dewy.app`. */
  readonly app: string;
  readonly clock: Clock;
  /** Called when something happened to a container, and when events may have been missed. */
  readonly onEvent: () => void;
  /** Called once when the engine does not tell events any more, and once when it does again. */
  readonly onLost: (error: Error) => void;
  readonly onBack: () => void;
}

const BACKOFF = { baseMs: 500, maxMs: 10_000 };

/** Listens to what happens to the containers of an application, whatever becomes of the engine, until `signal` is aborted. */
export async function watchEngine(
  options: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { engine, app, clock, onEvent, onLost, onBack } = options;
  let failures = 0;
  const onOpen = () => {
    if (failures > 0) onBack();
    failures = 0;
    onEvent();
  };
  const labels = { "dewy.managed": "true", "dewy.app": app };
  while (!signal.aborted) {
    try {
      for await (const _ of engine.events({ labels, onOpen }, signal)) {
        onEvent();
      }
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      if (failures === 1) {
        onLost(error instanceof Error ? error : new Error(errorMessage(error)));
      }
    }
    await clock.delay(backoffMs(failures, BACKOFF, Math.random()), signal);
  }
}
