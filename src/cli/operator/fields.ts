import { printable } from "./terminal_text.ts";

/**
 * An object of JSON that another dewy sent, perhaps of another version: what is
 * missing or of another kind reads as left out, and texts are printable.
 */
export class Fields {
  readonly #value: object;

  private constructor(value: object) {
    this.#value = value;
  }

  static of(value: unknown): Fields {
    return new Fields(isObject(value) ? value : {});
  }

  /** Empty when it is left out; numbers and booleans as they are written. */
  text(name: string): string {
    const value = this.#get(name);
    if (typeof value === "string") return printable(value);
    return typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : "";
  }

  number(name: string): number | undefined {
    const value = this.#get(name);
    return typeof value === "number" ? value : undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.#get(name);
    return typeof value === "boolean" ? value : undefined;
  }

  /** Whether it is there, and is nothing. */
  isNull(name: string): boolean {
    return this.#get(name) === null;
  }

  /** Unix milliseconds of an RFC 3339 time. */
  time(name: string): number | undefined {
    const value = this.#get(name);
    const at = typeof value === "string" ? Date.parse(value) : NaN;
    return Number.isFinite(at) ? at : undefined;
  }

  object(name: string): Fields | undefined {
    const value = this.#get(name);
    return isObject(value) ? new Fields(value) : undefined;
  }

  list(name: string): readonly Fields[] {
    const value = this.#get(name);
    return Array.isArray(value) ? value.map(Fields.of) : [];
  }

  /** The texts of a list, as they are: not for printing. */
  rawTexts(name: string): readonly string[] | undefined {
    const value = this.#get(name);
    return Array.isArray(value) && value.every((one) => typeof one === "string")
      ? value
      : undefined;
  }

  /** The names there are, printable. */
  names(): readonly string[] {
    return Object.keys(this.#value).map(printable);
  }

  /** Any value in one printable word; texts with blanks in quotes. */
  shown(name: string): string {
    const value = this.#get(name);
    if (typeof value === "string" && /^[^\s"]+$/.test(value)) {
      return printable(value);
    }
    return printable(JSON.stringify(value) ?? "");
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#value, name)
      ? Reflect.get(this.#value, name)
      : undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
