/** What a {@link LineWriter} works with. */
export interface LineWriterOptions {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Told how many lines were lost because they came faster than they could be written. */
  readonly onDropped: (count: number) => void;
  /** Characters that may wait. @default 4 MiB */
  readonly maxWaiting?: number;
}

const MAX_WAITING = 4 * 1024 * 1024;

/** Writes lines in the background; when whoever reads them is too slow, it loses lines rather than to hold up requests. */
export class LineWriter {
  #options: LineWriterOptions;
  #waiting = "";
  #dropped = 0;
  #writing: Promise<void> | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  /** Resolves when all that was added is written. */
  get idle(): Promise<void> {
    return this.#writing ?? Promise.resolve();
  }

  /** Adds lines, each with its end. */
  add(lines: string): void {
    const { maxWaiting = MAX_WAITING } = this.#options;
    if (this.#waiting.length + lines.length > maxWaiting) {
      this.#dropped += lines.split("\n").length - 1;
      return;
    }
    this.#waiting += lines;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    const encoder = new TextEncoder();
    const { write, onDropped } = this.#options;
    try {
      while (this.#waiting !== "") {
        const bytes = encoder.encode(this.#waiting);
        this.#waiting = "";
        await write(bytes);
        if (this.#dropped > 0) onDropped(this.#dropped);
        this.#dropped = 0;
      }
    } catch {
      // Nobody reads it any more: what waits for it is lost like the rest.
      onDropped(this.#dropped + 1);
      this.#waiting = "";
      this.#dropped = 0;
    } finally {
      this.#writing = undefined;
    }
  }
}
