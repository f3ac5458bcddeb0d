/** What was unpacked. */
export interface ExtractSummary {
  /** Files, folders and links. */
  readonly entries: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** A symbolic link that is still to be made; its path is relative to the root. */
export interface PlannedLink {
  readonly path: string;
  readonly target: string;
}

/** A folder that is still to get its mode; its path is relative to the root. */
export interface PlannedDirectory {
  readonly path: string;
  readonly mode: number;
}

/** What is left to do once all files are written. */
export interface TreePlan extends ExtractSummary {
  readonly links: readonly PlannedLink[];
  /** A parent comes before what is in it. */
  readonly directories: readonly PlannedDirectory[];
}
