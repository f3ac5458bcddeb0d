import { join } from "node:path";
import { writeDurably } from "../base/durable_file.ts";
import { FilesystemError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Redact } from "../base/redact.ts";
import { EMPTY_STATE, type State } from "./state.ts";
import { isState, wordsIn } from "./state_shape.ts";

/** The state, and the file it is kept in: `.dewy/state.json`. */
export class StateFile {
  #path: string;
  #state: State;
  #redact: Redact;
  /** One write at a time: all go to the same file beside it. */
  #writing: Promise<void> = Promise.resolve();
  /** The file does not have what is remembered. */
  #isBehind = false;
  #problem: FilesystemError | undefined;

  private constructor(path: string, state: State, redact: Redact) {
    this.#path = path;
    this.#state = state;
    this.#redact = redact;
  }

  /**
   * Reads the state. A file that cannot be understood is moved aside: what is on
   * disk below `releases/` and `current` is then all there is to go by, and what
   * of an operator's pin, hold and roll-back can be read.
   *
   * @throws {FilesystemError} When it exists and cannot be read.
   */
  static async open(
    folder: string,
    { emit, redact }: StateFileOptions,
  ): Promise<StateFile> {
    const path = join(folder, "state.json");
    const text = await read(path);
    if (text === undefined) return new StateFile(path, EMPTY_STATE, redact);
    try {
      return new StateFile(path, parseState(text), redact);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const movedTo = `${path}.unreadable`;
      await Deno.rename(path, movedTo);
      emit({ type: "state-unreadable", path, movedTo, error });
      const words = wordsIn(readJson(text));
      const file = new StateFile(path, { ...EMPTY_STATE, ...words }, redact);
      // Another start finds no file, or this one.
      if (Object.keys(words).length > 0) file.#isBehind = true;
      await file.catchUp();
      return file;
    }
  }

  /** The state as it is now. */
  get value(): State {
    return this.#state;
  }

  /** Why the last write failed; `undefined` when it did not. */
  get problem(): FilesystemError | undefined {
    return this.#problem;
  }

  #text(): string {
    const masked = (name: string, value: unknown) =>
      name === "reason" && typeof value === "string"
        ? this.#redact(value)
        : value;
    return JSON.stringify(this.#state, masked, 2);
  }

  /**
   * Changes the state and writes it down; the change holds for this process
   * even when writing fails.
   *
   * @throws {FilesystemError} When it cannot be written.
   */
  async update(change: (state: State) => State): Promise<void> {
    this.#state = change(this.#state);
    // An operator's word may come in the middle of a deploy's.
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    await written;
  }

  /**
   * Writes down what could not be written before; nothing else is written.
   * Returns whether the file has all that is remembered.
   */
  async catchUp(): Promise<boolean> {
    if (!this.#isBehind) return true;
    try {
      await this.update((state) => state);
      return true;
    } catch (error) {
      // It was told when the change was made.
      if (error instanceof FilesystemError) return false;
      throw error;
    }
  }

  async #write(): Promise<void> {
    this.#isBehind = true;
    try {
      await writeDurably(this.#path, `${this.#text()}\n`);
      this.#isBehind = false;
      this.#problem = undefined;
    } catch (cause) {
      const message = `Cannot write "${this.#path}"`;
      this.#problem = FilesystemError.wrap(message, cause);
      throw this.#problem;
    }
  }
}

/** What a {@link StateFile} is opened with. */
export interface StateFileOptions {
  readonly emit: EmitEvent;
  /** Masks secrets in the reasons of failures, which quote errors. */
  readonly redact: Redact;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw FilesystemError.wrap(`Cannot read "${path}"`, cause);
  }
}

/** Returns `undefined` for what is no JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * @throws {SyntaxError} When `text` is not a state that this version wrote.
 */
function parseState(text: string): State {
  const value: unknown = JSON.parse(text);
  if (!isState(value)) throw new SyntaxError("Not a state file of format 1");
  return { ...EMPTY_STATE, ...value };
}
