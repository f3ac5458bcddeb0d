import type { Notice, Notifier } from "../../src/notify/notifier.ts";
import { plainText } from "../../src/notify/rich_text.ts";

/** A notifier that keeps what it is sent, and does with it what a test says. */
export class RecordingNotifier implements Notifier {
  readonly name = "webhook://recorder";
  readonly quiet: boolean;
  /** What has arrived. */
  readonly notices: Notice[] = [];
  /** Attempts, also those that failed. */
  attempts = 0;
  /** Called before a message arrives; what it throws is the answer. */
  onSend: (notice: Notice, signal: AbortSignal) => Promise<void> = () =>
    Promise.resolve();

  constructor(options: { readonly quiet?: boolean } = {}) {
    this.quiet = options.quiet ?? false;
  }

  get texts(): string[] {
    return this.notices.map(({ text }) => plainText(text));
  }

  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    this.attempts++;
    await this.onSend(notice, signal);
    this.notices.push(notice);
  }
}
