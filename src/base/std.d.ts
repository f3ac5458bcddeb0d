/**
 * The functions of the `@std` packages that dewy calls, typed by hand: the npm
 * package behind the import map ships JavaScript only, and without this file
 * every one of them would be `any`. Moving to the typed packages means deleting
 * this file and changing three lines of `deno.json`.
 */

declare module "@std/cli" {
  export interface ParseOptions {
    readonly string?: readonly string[];
    readonly boolean?: readonly string[];
    readonly collect?: readonly string[];
    readonly alias?: Readonly<Record<string, string | readonly string[]>>;
    readonly default?: Readonly<Record<string, unknown>>;
    readonly stopEarly?: boolean;
    readonly "--"?: boolean;
    /** Return `false` to leave the argument out of the result. */
    readonly unknown?: (
      argument: string,
      key?: string,
      value?: unknown,
    ) => unknown;
  }
  export interface ParsedArgs {
    readonly [name: string]: unknown;
    readonly _: readonly (string | number)[];
    readonly "--"?: readonly string[];
  }
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): ParsedArgs;
}

declare module "@std/semver" {
  export interface SemVer {
    readonly major: number;
    readonly minor: number;
    readonly patch: number;
    readonly prerelease?: readonly (string | number)[];
    readonly build?: readonly string[];
  }
  export interface Comparator extends SemVer {
    readonly operator?: "=" | "!=" | ">" | ">=" | "<" | "<=";
  }
  export type Range = readonly (readonly Comparator[])[];
  /** Throws `TypeError` when `value` is not a semantic version. */
  export function parse(value: string): SemVer;
  export function tryParse(value: string): SemVer | undefined;
  export function compare(a: SemVer, b: SemVer): -1 | 0 | 1;
  /** Throws `TypeError` when `value` is not a range. */
  export function parseRange(value: string): Range;
  export function tryParseRange(value: string): Range | undefined;
  export function satisfies(version: SemVer, range: Range): boolean;
}

declare module "@std/streams" {
  /** Passes bytes through; past `size` it ends the stream, or fails it with a `RangeError` when `error` is set. */
  export class LimitedBytesTransformStream
    extends TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    constructor(size: number, options?: { readonly error?: boolean });
  }
  /** Splits text at its line ends, which it leaves out. */
  export class TextLineStream extends TransformStream<string, string> {}
  export function toText(
    stream: ReadableStream<Uint8Array | string>,
  ): Promise<string>;
}
