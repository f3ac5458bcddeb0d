/** How long a source may keep dewy waiting, milliseconds; each driver has its own defaults. */
export interface TransferLimits {
  /** Until an answer begins. @default 20,000; 30,000 for GitHub and web servers */
  readonly answerMs?: number | undefined;
  /**
   * Until the next bytes of an artifact come; in S3 and Google Cloud Storage
   * also until a small answer is there whole, after however many attempts.
   * @default 60,000
   */
  readonly stallMs?: number | undefined;
}

/** A transfer of which nothing arrives for so long is given up, milliseconds. */
export const STALL_MS = 60_000;
