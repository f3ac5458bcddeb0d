import type { DeployEvent, EmitEvent } from "../base/event.ts";
import type { Redact } from "../base/redact.ts";
import type { Clock } from "../base/time.ts";
import type { DeliveryQueue } from "./delivery_queue.ts";
import { ErrorLimit } from "./error_limit.ts";
import {
  errorPart,
  hintOf,
  type Message,
  type MessageContext,
  trouble,
} from "./message.ts";
import { messageOf } from "./message_of.ts";
import { containerState } from "./messages_container.ts";
import { failureDetails, failureHint, failureText } from "./messages_deploy.ts";
import type { Notice } from "./notifier.ts";
import { redactMessage } from "./redact_message.ts";
import type { ReleaseThread } from "./release_thread.ts";
import { RepeatLimit, type Told } from "./repeat_limit.ts";
import { RetryHold } from "./retry_hold.ts";
import { code, rich } from "./rich_text.ts";
import { isHushed, type RunLog, SETTLED_MS } from "./run_log.ts";

/** How long the stop waits for messages that are still on their way, milliseconds. */
export const FLUSH_MS = 5_000;

/** What {@link Notifications} work with. */
export interface NotificationsOptions {
  readonly queues: readonly DeliveryQueue[];
  /** `server`, `assets` or `container`. */
  readonly command: string;
  readonly redact: Redact;
  readonly clock: Clock;
  /** Left out when no notifier has a use for it. */
  readonly thread: ReleaseThread | undefined;
  /** Left out: this run is like the first. */
  readonly runs?: Pick<RunLog, "former" | "write">;
}

/** Reads events and has notifiers tell people what they mean; nobody waits for it. */
export class Notifications implements AsyncDisposable {
  readonly #options: NotificationsOptions;
  /** Of checks, and of deploys of one version: neither keeps the other from being told. */
  readonly #checks = new ErrorLimit();
  #deploys = new ErrorLimit();
  #failedVersion: string | undefined;
  readonly #repeats = new RepeatLimit();
  readonly #hold = new RetryHold<Notice>();
  readonly #protocols = new Map<number, "http" | "tcp">();
  readonly #context: MessageContext;
  /** Ticks that failed in a row. */
  #failures = 0;
  /** The error of a deploy that was told: its tick fails with the same one. */
  #toldError: Error | undefined;
  /** The error of the last tick that failed; with one tick only, dewy ends with it. */
  #lastError: Error | undefined;
  readonly #over = new AbortController();
  readonly #isHushed: boolean;
  #hasBegun = false;
  #endsBadly = false;
  #isServerDown = false;
  /** The version that is taken back after its deploy. */
  #rollingBack: string | undefined;

  constructor(options: NotificationsOptions) {
    this.#options = options;
    const { command, runs } = options;
    const former = runs?.former;
    this.#context = { command, protocols: this.#protocols, former };
    this.#isHushed = former !== undefined && isHushed(former);
  }

  /** Names of the notifiers. */
  get names(): readonly string[] {
    return this.#options.queues.map(({ name }) => name);
  }

  /** Reads an event; it neither throws nor waits. */
  readonly take: EmitEvent = (event) => {
    const now = this.#options.clock.now();
    for (const notice of this.#hold.follow(event)) this.#push(notice);
    const message = this.#messageOf(event, now);
    for (const told of this.#repeats.settled(now)) {
      this.#push(this.#noticeOf(told));
    }
    if (message !== undefined) {
      const notice = this.#noticeOf({ message, event: event.type, at: now });
      if (!this.#hold.hold(event.type, notice)) this.#push(notice);
    }
    this.#options.thread?.follow(event);
  };

  /** The work begins: sends from now on, or, after too many runs that ended badly, once it has lasted. */
  async begin(): Promise<void> {
    this.#hasBegun = true;
    const { clock, runs } = this.#options;
    if (this.#isHushed) {
      const { signal } = this.#over;
      void clock.delay(SETTLED_MS, signal).then(() => {
        if (!signal.aborted) this.#open();
      });
    } else this.#open();
    await runs?.write("none");
  }

  /** Sends what waits for at most {@link FLUSH_MS}. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    const { queues, runs } = this.#options;
    // Its row is over when a run ends as it should.
    if (this.#hasBegun && !this.#endsBadly) this.#open();
    // At once: whoever has no patience for the rest would leave a run that was cut off.
    await runs?.write(this.#endsBadly ? "badly" : "well");
    await Promise.all(queues.map((queue) => queue.close(FLUSH_MS)));
  }

  #open(): void {
    for (const queue of this.#options.queues) queue.begin();
  }

  /** Sends that there is nothing to be sent by this run. */
  #startFailed(): void {
    this.#endsBadly = true;
    if (this.#isHushed) return;
    for (const queue of this.#options.queues) queue.withdraw("started");
    this.#open();
  }

  #messageOf(event: DeployEvent, now: number): Message | undefined {
    switch (event.type) {
      case "proxy-started":
        this.#protocols.set(event.port, event.protocol);
        return undefined;
      case "tick-failed":
        return this.#tickFailed(event, now);
      case "errors-cleared":
        return this.#cleared(event.failures, now);
      case "deploy-failed":
        return this.#deployFailed(event, now);
      case "start-failed":
        this.#startFailed();
        break;
      case "ended-by-error":
        this.#endsBadly = true;
        if (event.error === this.#lastError) return undefined;
        break;
      case "container-gone":
      case "container-retired":
        this.#repeats.forget(containerState(event.name));
        break;
      case "worker-died":
      case "worker-launch-failed":
        this.#isServerDown = true;
        break;
      case "server-started":
        this.#isServerDown = false;
        break;
      case "worker-ready":
        // Most come to the front in the place of one that is well.
        if (!this.#isServerDown) return undefined;
        this.#isServerDown = false;
        break;
      case "rollback-started":
        this.#rollingBack = event.tag;
        break;
      case "deploy-started":
        this.#rollingBack = undefined;
        break;
      case "deploy-skipped":
        // That it failed has been told in more words.
        if (event.asked !== true && this.#hold.hasFailed(event.tag)) {
          return this.#answered(event.tag, now);
        }
    }
    const message = messageOf(event, this.#context);
    return message &&
      this.#repeats.allow({ message, event: event.type, at: now });
  }

  #tickFailed(
    { error, failures }: Extract<DeployEvent, { type: "tick-failed" }>,
    now: number,
  ): Message | undefined {
    this.#failures = failures;
    this.#lastError = error;
    const isTold = error === this.#toldError;
    this.#toldError = undefined;
    if (isTold) return undefined;
    const check = { text: errorPart(error), hint: hintOf(error), failures };
    return this.#checks.failed(check, now);
  }

  #cleared(failures: number, now: number): Message | undefined {
    this.#failures = 0;
    const checks = this.#checks.cleared(failures, now);
    const deploys = this.#deploys.cleared(failures, now);
    return checks ?? deploys;
  }

  /** Checks succeed again, and there is still a version that cannot be deployed. */
  #answered(version: string | undefined, now: number): Message | undefined {
    const { inRow } = this.#checks;
    const message = this.#checks.cleared(inRow, now);
    if (message === undefined || version === undefined) return message;
    const text = rich`${message.text}; ${
      code(version)
    } still cannot be deployed`;
    return { ...message, text, version };
  }

  #deployFailed(
    { failure }: Extract<DeployEvent, { type: "deploy-failed" }>,
    now: number,
  ): Message | undefined {
    const isBack = this.#rollingBack === failure.tag;
    const text = failureText(failure, { isBack });
    const hint = failureHint(failure);
    const details = failureDetails(failure);
    const version = failure.tag;
    if (isBack) {
      // Its deploy had succeeded: no check has failed.
      this.#rollingBack = undefined;
      return trouble(text, { hint, version, details });
    }
    this.#toldError = failure.error;
    const failures = this.#failures + 1;
    if (version !== this.#failedVersion) this.#deploys = new ErrorLimit();
    this.#failedVersion = version;
    const failed = { text, hint, version, failures, details };
    return this.#deploys.failed(failed, now);
  }

  #noticeOf({ message, event, at }: Told): Notice {
    const { redact, thread } = this.#options;
    return {
      ...redactMessage(message, redact),
      id: crypto.randomUUID(),
      event,
      time: at,
      thread: thread?.current,
    };
  }

  #push(notice: Notice): void {
    for (const queue of this.#options.queues) queue.push(notice);
  }
}
