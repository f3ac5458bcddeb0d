import { SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Release } from "../base/release.ts";
import { type Clock, withDeadline } from "../base/time.ts";
import type { DeployReport, Registry } from "../registry/registry.ts";
import { asError } from "./try_or_tell.ts";

/** What a {@link Reporter} works with. */
export interface ReporterDeps {
  readonly registry: Registry;
  readonly command: DeployReport["command"];
  /** Lower-cased host name, for audit records. */
  readonly host: string;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/** How long one question to the registry may take, milliseconds. */
export const REGISTRY_TIMEOUT_MS = 60_000;

/** Leaves the audit record of each deploy; one that cannot be left does not fail the deploy. */
export class Reporter {
  #deps: ReporterDeps;
  /** Whether the last record failed, so that a read-only registry is told once. */
  #failed = false;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
  }

  /** Reports a deploy that succeeded, or failed with `error`. */
  async report(
    release: Release,
    signal: AbortSignal,
    error?: unknown,
  ): Promise<void> {
    const { registry, command, host, clock, emit } = this.#deps;
    const { tag } = release;
    const report: DeployReport = {
      release,
      command,
      host,
      at: clock.now(),
      ...(error === undefined ? {} : { error: asError(error).message }),
    };
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `Cannot report "${tag}": the registry did not answer in ${
          REGISTRY_TIMEOUT_MS / 1000
        } s`,
      );
    const deadline = {
      signal,
      ms: REGISTRY_TIMEOUT_MS,
      onTimeout,
      abandon: true,
    };
    try {
      await withDeadline(deadline, (signal) => registry.report(report, signal));
      emit({ type: "report-sent", tag });
      this.#failed = false;
    } catch (error) {
      if (signal.aborted) return;
      const first = !this.#failed;
      this.#failed = true;
      emit({ type: "report-failed", tag, error: asError(error), first });
    }
  }
}
