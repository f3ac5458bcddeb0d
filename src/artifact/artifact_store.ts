import type { ArtifactBody } from "../base/artifact_body.ts";

/** Gives the bytes behind an artifact URL. */
export interface ArtifactStore {
  /**
   * Opens the bytes at `url`. Aborting `signal` also ends the stream.
   *
   * @throws {SourceError} `not-found` when there is nothing, `unavailable` when it cannot be read.
   */
  open(url: string, signal: AbortSignal): Promise<ArtifactBody>;
}
