import { corrupt, quote, refused, tooLarge } from "./extract_errors.ts";
import {
  BLOCK_BYTES,
  parseTarHeader,
  type TarHeader,
  text,
} from "./tar_header.ts";
import { parsePax, type TarOverrides } from "./tar_pax.ts";
import type { TreeWriter } from "./tree_writer.ts";

/** What the reader takes next from the stream. */
type Stage =
  | { readonly kind: "header" }
  | { readonly kind: "file"; left: number; readonly padding: number }
  | {
    readonly kind: "meta";
    readonly type: string;
    left: number;
    readonly padding: number;
  }
  | { readonly kind: "padding"; left: number }
  | { readonly kind: "end" };

const HEADER: Stage = { kind: "header" };
/** A PAX header or long name of more bytes than this is an attack. */
const MAX_META_BYTES = 1024 * 1024;

const REFUSED_TYPES: Readonly<Record<string, string>> = {
  "3": "character devices are not unpacked",
  "4": "block devices are not unpacked",
  "6": "FIFOs are not unpacked",
  "S": "sparse files are not supported",
  "M": "archives over several volumes are not supported",
};

/**
 * Reads a tar stream as it comes, in chunks of any length, into a
 * {@link TreeWriter}. It understands ustar, old GNU and PAX headers.
 */
export class TarReader {
  readonly #writer: TreeWriter;
  readonly #maxBytes: number;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockFill = 0;
  #meta = new Uint8Array(0);
  #stage: Stage = HEADER;
  #overrides: TarOverrides = {};
  #zeroBlocks = 0;
  #read = 0;

  /** The stream may be at most `maxBytes` long, whatever it holds. */
  constructor(writer: TreeWriter, maxBytes: number) {
    this.#writer = writer;
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes of the stream; they are not kept. */
  push(chunk: Uint8Array): void {
    this.#read += chunk.length;
    if (this.#read > this.#maxBytes) {
      throw tooLarge(`it expands to over ${this.#maxBytes} bytes`);
    }
    for (let at = 0; at < chunk.length;) {
      at += this.#take(chunk.subarray(at));
    }
  }

  /**
   * Says that the stream is over.
   *
   * @throws {ArtifactError} `corrupt` when the two zero blocks that end a whole archive are missing.
   */
  end(): void {
    if (this.#stage.kind === "end") return;
    throw corrupt(
      this.#read === 0
        ? "it is empty"
        : `it ends after ${this.#read} bytes without an end mark: the file is cut off`,
    );
  }

  /** Takes what the current stage wants of `bytes` and returns how many that were. */
  #take(bytes: Uint8Array): number {
    const stage = this.#stage;
    if (stage.kind === "end") return bytes.length;
    if (stage.kind === "header") return this.#takeHeader(bytes);
    const part = bytes.subarray(0, stage.left);
    if (stage.kind === "file") this.#writer.write(part);
    if (stage.kind === "meta") {
      this.#meta.set(part, this.#meta.length - stage.left);
    }
    stage.left -= part.length;
    if (stage.left === 0) this.#endBody(stage);
    return part.length;
  }

  #takeHeader(bytes: Uint8Array): number {
    if (this.#blockFill === 0 && bytes.length >= BLOCK_BYTES) {
      this.#header(bytes.subarray(0, BLOCK_BYTES));
      return BLOCK_BYTES;
    }
    const part = bytes.subarray(0, BLOCK_BYTES - this.#blockFill);
    this.#block.set(part, this.#blockFill);
    this.#blockFill += part.length;
    if (this.#blockFill === BLOCK_BYTES) {
      this.#blockFill = 0;
      this.#header(this.#block);
    }
    return part.length;
  }

  #header(block: Uint8Array): void {
    const header = parseTarHeader(block);
    if (header === undefined) return this.#zeroBlock();
    if (this.#zeroBlocks > 0) throw corrupt("a lone zero block is inside it");
    if ("xgLK".includes(header.type)) return this.#beginMeta(header);
    const { path, target, size } = this.#overrides;
    this.#overrides = {};
    this.#entry({
      ...header,
      path: path ?? header.path,
      target: target ?? header.target,
      size: size ?? header.size,
    });
  }

  #zeroBlock(): void {
    this.#zeroBlocks += 1;
    if (Object.keys(this.#overrides).length > 0) {
      throw corrupt("a long name has no entry after it");
    }
    if (this.#zeroBlocks === 2) this.#stage = { kind: "end" };
  }

  #beginMeta(header: TarHeader): void {
    const { size, type } = header;
    if (size > MAX_META_BYTES) {
      throw tooLarge(`an extended header has ${size} bytes`);
    }
    if (size === 0) return;
    this.#meta = new Uint8Array(size);
    this.#stage = { kind: "meta", type, left: size, padding: padding(size) };
  }

  #endBody(stage: Exclude<Stage, { kind: "header" | "end" }>): void {
    if (stage.kind === "file") this.#writer.closeFile();
    if (stage.kind === "meta") this.#applyMeta(stage.type);
    const left = stage.kind === "padding" ? 0 : stage.padding;
    this.#stage = left === 0 ? HEADER : { kind: "padding", left };
  }

  #applyMeta(type: string): void {
    const body = this.#meta;
    this.#meta = new Uint8Array(0);
    if (type === "L") this.#overrides.path ??= text(body);
    else if (type === "K") this.#overrides.target ??= text(body);
    else if (type === "x") Object.assign(this.#overrides, parsePax(body));
    else if (Object.keys(parsePax(body)).length > 0) {
      throw refused("PAX header", "a global header names or sizes entries");
    }
  }

  #entry(header: TarHeader): void {
    const { path, type, size } = header;
    if (isFile(header)) return this.#beginFile(header);
    const reason = REFUSED_TYPES[type];
    if (reason !== undefined) throw refused(path, reason);
    if (size > 0) throw refused(path, `an entry of type "${type}" has content`);
    if (type === "1") return this.#writer.hardLink(path, header.target);
    if (type === "2") return this.#writer.symlink(path, header.target);
    if (isDirectory(header)) return this.#writer.directory(path, header.mode);
    // A volume label names the archive and is no entry.
    if (type === "V") return;
    throw refused(path, `its type ${quote(type)} is unknown`);
  }

  #beginFile(header: TarHeader): void {
    const { path, mode, size } = header;
    this.#writer.openFile(path, mode, size);
    if (size === 0) return this.#writer.closeFile();
    this.#stage = { kind: "file", left: size, padding: padding(size) };
  }
}

function isFile({ path, type }: TarHeader): boolean {
  return type === "7" ||
    ((type === "0" || type === "\0") && !path.endsWith("/"));
}

/** Archives older than POSIX mark a folder only by the slash at the end of its name. */
function isDirectory({ path, type }: TarHeader): boolean {
  return type === "5" ||
    ((type === "0" || type === "\0") && path.endsWith("/"));
}

function padding(size: number): number {
  return (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES;
}
