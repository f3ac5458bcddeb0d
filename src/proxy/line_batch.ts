/** How long a line waits for others, milliseconds. */
const WAIT_MS = 100;
/** So many characters are not kept waiting. */
const FULL = 32 * 1024;

/** Sends lines in batches, so that a request does not cost a message. */
export class LineBatch {
  #send: (lines: string) => void;
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (lines: string) => void) {
    this.#send = send;
  }

  /** Adds a line, without its end. */
  add(line: string): void {
    this.#lines += `${line}\n`;
    if (this.#lines.length >= FULL) this.flush();
    else this.#timer ??= setTimeout(this.flush, WAIT_MS);
  }

  /** Sends what there is. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = "";
    if (lines !== "") this.#send(lines);
  };
}
