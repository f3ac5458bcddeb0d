/** What was built; the build script replaces the values. */
export interface VersionInfo {
  /** Without a leading `v`. */
  readonly version: string;
  /** Full commit id. */
  readonly commit: string;
  readonly date: string;
}

/** A build from source. */
export const VERSION_INFO: VersionInfo = {
  version: "dev",
  commit: "none",
  date: "unknown",
};
