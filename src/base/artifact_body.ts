/** An artifact as it arrives. */
export interface ArtifactBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Length in bytes, when the source announces it. */
  readonly length?: number;
}
