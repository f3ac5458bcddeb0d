import { join } from "node:path";
import { writeDurably } from "../base/durable_file.ts";
import { FilesystemError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { EMPTY_STATE, type State } from "./state.ts";

/** The state, and the file it is kept in: `.dewy/state.json`. */
export class StateFile {
  #path: string;
  #state: State;

  private constructor(path: string, state: State) {
    this.#path = path;
    this.#state = state;
  }

  /**
   * Reads the state. A file that cannot be understood is moved aside: what is on
   * disk below `releases/` and `current` is then all there is to go by.
   *
   * @throws {FilesystemError} When it exists and cannot be read.
   */
  static async open(folder: string, emit: EmitEvent): Promise<StateFile> {
    const path = join(folder, "state.json");
    const text = await read(path);
    if (text === undefined) return new StateFile(path, EMPTY_STATE);
    try {
      return new StateFile(path, parseState(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const movedTo = `${path}.unreadable`;
      await Deno.rename(path, movedTo);
      emit({ type: "state-unreadable", path, movedTo, error });
      return new StateFile(path, EMPTY_STATE);
    }
  }

  /** The state as it is now. */
  get value(): State {
    return this.#state;
  }

  /**
   * Changes the state and writes it down; the change holds for this process
   * even when writing fails.
   *
   * @throws {FilesystemError} When it cannot be written.
   */
  async update(change: (state: State) => State): Promise<void> {
    this.#state = change(this.#state);
    try {
      await writeDurably(
        this.#path,
        `${JSON.stringify(this.#state, null, 2)}\n`,
      );
    } catch (cause) {
      throw FilesystemError.wrap(`Cannot write "${this.#path}"`, cause);
    }
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw FilesystemError.wrap(`Cannot read "${path}"`, cause);
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

/** Only dewy writes this file, whole; so its outline tells a damaged one. */
function isState(value: unknown): value is State {
  if (typeof value !== "object" || value === null) return false;
  const { format, failures, history, digests, deployed } = value as Partial<
    State
  >;
  return format === 1 && Array.isArray(failures) && Array.isArray(history) &&
    typeof digests === "object" && digests !== null &&
    (deployed === undefined ||
      typeof deployed.path === "string" && typeof deployed.tag === "string");
}
