import { abortable } from "../base/abortable.ts";
import { errorMessage, SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { type Clock, withDeadline } from "../base/time.ts";
import type { Latest, Registry, Survey, Wish } from "../registry/registry.ts";
import type { PollPause } from "./poll_pause.ts";
import type { Pulse } from "./pulse.ts";
import { REGISTRY_TIMEOUT_MS } from "./reporter.ts";
import { asError } from "./try_or_tell.ts";

/** What an {@link Asker} works with. */
export interface AskerDeps {
  readonly registry: Pick<Registry, "latest" | "survey">;
  readonly pause: PollPause;
  readonly pulse: Pulse;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/** Asks the registry one question at a time, and remembers how it answers. */
export class Asker {
  #deps: AskerDeps;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: AskerDeps) {
    this.#deps = deps;
  }

  /**
   * Asks which version is wanted; a failure is told and counts for the pause
   * before the next poll.
   *
   * @throws {SourceError} When the registry does not answer, or cannot be read.
   */
  async latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const { registry, pause, pulse, clock, emit } = this.#deps;
    pulse.lastAskedAt = clock.now();
    try {
      const latest = await this.#inTurn(
        signal,
        (signal) => registry.latest(signal, wish),
      );
      pause.succeeded();
      emit({ type: "registry-answered" });
      pulse.lastAnsweredAt = clock.now();
      pulse.failures = 0;
      pulse.error = undefined;
      return latest;
    } catch (error) {
      signal.throwIfAborted();
      pause.failed(error);
      const { failures } = pause;
      pulse.failures = failures;
      pulse.error = errorMessage(error);
      const retryInMs = pause.nextMs(0);
      emit({
        type: "registry-failed",
        error: asError(error),
        failures,
        retryInMs,
      });
      throw error;
    }
  }

  /**
   * Asks on behalf of an operator who only looks: nothing is told or counted.
   *
   * @throws {SourceError} When the registry does not answer, or cannot be read.
   */
  quietly(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const { registry } = this.#deps;
    return this.#inTurn(signal, (signal) => registry.latest(signal, wish));
  }

  /** @throws {SourceError} When the registry does not answer, or cannot be read. */
  survey(signal: AbortSignal): Promise<Survey> {
    const { registry } = this.#deps;
    return this.#inTurn(signal, (signal) => registry.survey(signal));
  }

  /** Drivers remember what they read; two questions at once would mix that up. */
  #inTurn<T>(
    signal: AbortSignal,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `The registry did not answer in ${REGISTRY_TIMEOUT_MS / 1000} s`,
        {
          hint: "Check the network, or the file system the registry is on",
        },
      );
    const ms = REGISTRY_TIMEOUT_MS;
    const deadline = { signal, ms, onTimeout, abandon: true };
    const answer = this.#turn.then(() => withDeadline(deadline, ask));
    // The next question has a failure of its own.
    this.#turn = answer.catch(() => undefined);
    // Whoever stops does not wait for a turn either.
    return abortable(answer, signal);
  }
}
