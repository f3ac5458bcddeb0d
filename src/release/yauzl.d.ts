/** The part of `yauzl` that is used; it ships no declarations. */
declare module "yauzl" {
  import type { Buffer } from "node:buffer";
  import type { EventEmitter } from "node:events";

  export interface ExtraField {
    readonly id: number;
    readonly data: Buffer;
  }
  export interface Entry {
    readonly versionMadeBy: number;
    readonly generalPurposeBitFlag: number;
    readonly compressionMethod: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    readonly externalFileAttributes: number;
    readonly fileNameRaw: Buffer;
    readonly fileNameLength: number;
    readonly extraFields: readonly ExtraField[];
    readonly relativeOffsetOfLocalHeader: number;
    isEncrypted(): boolean;
  }
  export interface ZipFile extends EventEmitter {
    /** Lists the central directory, one entry per step. */
    eachEntry(): AsyncIterable<Entry>;
    /** Emits `close` when the file is closed. */
    close(): void;
  }
  export interface OpenOptions {
    readonly autoClose: boolean;
    readonly decodeStrings: boolean;
    readonly validateEntrySizes: boolean;
  }
  interface Yauzl {
    openPromise(path: string, options: OpenOptions): Promise<ZipFile>;
    getFileNameLowLevel(
      generalPurposeBitFlag: number,
      fileNameRaw: Buffer,
      extraFields: readonly ExtraField[],
      strictFileNames: boolean,
    ): string;
  }
  const yauzl: Yauzl;
  export default yauzl;
}
