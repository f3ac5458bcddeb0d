import { errorMessage } from "../../base/errors.ts";
import type { AdminClient } from "./admin_client.ts";
import { Fields } from "./fields.ts";
import { ended, eventLine } from "./follow_events.ts";
import { OPERATOR_EXIT, OperatorError } from "./operator_error.ts";
import type { OperatorIo } from "./run_operator.ts";
import { eventData } from "./sse.ts";

/** Ends of a deploy, as the events call them. */
const FAILURES = ["deploy-failed", "deploy-cancelled"];

/** What is waited for. */
export interface Awaited {
  readonly version: string;
  /** Takes each step as a line; left out when nobody wants to read them. */
  readonly tell?: OperatorIo["write"];
}

/** Follows what dewy does from one moment on, to say how a deploy ended that was ordered later. */
export class OutcomeWatch implements AsyncDisposable {
  #over: AbortController;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  #screen: OperatorIo["screen"];

  private constructor(
    over: AbortController,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    screen: OperatorIo["screen"],
  ) {
    this.#over = over;
    this.#stream = stream;
    this.#screen = screen;
  }

  /**
   * Begins: nothing that happens from then on is missed.
   *
   * @throws {OperatorError} When dewy cannot be reached.
   */
  static async begin(
    client: AdminClient,
    { screen }: Pick<OperatorIo, "screen">,
  ): Promise<OutcomeWatch> {
    const over = new AbortController();
    const stream = await client.stream("events", over.signal, "new");
    const reader = stream.getReader();
    // Its first words come when it is followed; no deploy of ours is in them.
    await reader.read();
    reader.releaseLock();
    return new OutcomeWatch(over, stream, screen);
  }

  /**
   * Waits for the end of a deploy, whoever ordered it.
   *
   * @throws {OperatorError} When it failed, or dewy ended before.
   */
  async outcome({ version, tell }: Awaited): Promise<void> {
    try {
      for await (const data of eventData(this.#stream)) {
        const event = Fields.of(JSON.parse(data));
        tell?.(eventLine(event, this.#screen));
        if (event.text("tag") !== version) continue;
        const type = event.text("type");
        if (type === "deploy-succeeded") return;
        if (FAILURES.includes(type)) throw failed(version, event);
      }
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw ended(errorMessage(error));
    }
    throw ended("it has closed the stream");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#stream.cancel().catch(ignoreAbort);
  }
}

/** It was ended by us. */
function ignoreAbort(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  throw error;
}

function failed(version: string, event: Fields): OperatorError {
  const why = event.text("error") || event.text("message");
  const hint = event.text("hint") || 'See "dewy status"';
  return new OperatorError(
    OPERATOR_EXIT.impossible,
    "failed",
    `The deploy of ${version} failed: ${why}`,
    { hint },
  );
}
