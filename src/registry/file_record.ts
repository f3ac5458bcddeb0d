import { join } from "node:path";
import { systemErrorCode } from "../base/errors.ts";
import { auditName } from "./audit_name.ts";
import type { DeployReport } from "./registry.ts";

/** What {@link writeRecord} writes. */
export interface FileRecord {
  readonly report: DeployReport;
  /** When the folder was modified before the record, Unix milliseconds. */
  readonly modifiedAt: number;
}

/**
 * Creates the empty file that is the audit record of a deploy, never over an
 * existing one, and gives the folder its time back: it says when the version
 * was published.
 */
export async function writeRecord(
  folder: string,
  record: FileRecord,
): Promise<void> {
  await createRecord(folder, record.report);
  const seconds = record.modifiedAt / 1000;
  try {
    await Deno.utime(folder, seconds, seconds);
  } catch (error) {
    // Only the owner of a folder may set its time; the record counts more.
    if (!["EPERM", "EACCES"].includes(systemErrorCode(error) ?? "")) {
      throw error;
    }
  }
}

async function createRecord(
  folder: string,
  report: DeployReport,
): Promise<void> {
  for (let nanos = 0;; nanos++) {
    const path = join(folder, auditName(report, nanos));
    try {
      (await Deno.open(path, { write: true, createNew: true })).close();
      return;
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST" || nanos >= 999) throw error;
    }
  }
}
