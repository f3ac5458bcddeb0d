import { join } from "node:path";
import { FilesystemError } from "../base/errors.ts";
import { readStart } from "../base/read_text.ts";
import type { DeployEvent } from "../base/event.ts";

/** In the top folder of a release, as the original has it. */
const FILE = ".slack-thread-ts";
/** Slack's timestamps have 17 characters. */
const MAX_BYTES = 64;
const TIMESTAMP = /^\d{1,20}(\.\d{1,20})?$/;

/**
 * The Slack thread that the messages of a release go to: its file names the
 * message that they answer. A release without it goes to the channel.
 */
export class ReleaseThread {
  readonly #link: string;
  readonly #onError: (error: Error) => void;
  #current: Promise<string | undefined>;

  /**
   * @param root Working directory, with the link to the release in service.
   * @param onError Hears why a file could not be read; the messages go to the channel then.
   */
  constructor(root: string, onError: (error: Error) => void) {
    this.#link = join(root, "current");
    this.#onError = onError;
    this.#current = this.#read(this.#link);
  }

  /** The thread as of now; a release that fails is gone when its messages are sent. It never rejects. */
  get current(): Promise<string | undefined> {
    return this.#current;
  }

  /** Takes an event: a release is unpacked, comes into service, or is given up. */
  follow(event: DeployEvent): void {
    if (event.type === "archive-extracted") {
      this.#current = this.#read(event.path);
    } else if (event.type === "link-created") {
      // One that an operator goes back to is not unpacked again.
      this.#current = this.#read(event.from);
    } else if (
      event.type === "deploy-failed" || event.type === "deploy-cancelled"
    ) {
      this.#current = this.#read(this.#link);
    }
  }

  async #read(folder: string): Promise<string | undefined> {
    const path = join(folder, FILE);
    try {
      // Opening what is no file may wait for ever.
      if (!(await Deno.stat(path)).isFile) return undefined;
      const file = await Deno.open(path);
      // The stream closes the file.
      const { bytes } = await readStart(file.readable, MAX_BYTES);
      const text = new TextDecoder().decode(bytes).trim();
      return TIMESTAMP.test(text) ? text : undefined;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        this.#onError(
          FilesystemError.wrap(`Cannot read the thread "${path}"`, error),
        );
      }
      return undefined;
    }
  }
}
