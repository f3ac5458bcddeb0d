/**
 * `xz-decompress` as it is at run time: its own declarations promise a named
 * export, but it is a CommonJS module that has only the default one.
 */
declare module "xz-decompress" {
  interface Xz {
    /** Expands `compressed`; a failed read throws `get_next_output failed with error code N`. */
    readonly XzReadableStream: new (
      compressed: ReadableStream<Uint8Array>,
    ) => ReadableStream<Uint8Array<ArrayBuffer>>;
  }
  const xz: Xz;
  export default xz;
}
