import type { DeployReport } from "./registry.ts";

/**
 * Returns the file name of an audit record:
 * `shipped_to_web1_server_at_20240115T103045.123456789Z.txt`.
 *
 * @param nanos Added below the milliseconds, to tell two records of one millisecond apart.
 */
export function auditName(report: DeployReport, nanos = 0): string {
  const iso = new Date(report.at).toISOString();
  const [seconds = "", millis = ""] = iso.replace("Z", "").split(".");
  const fraction = millis + String(nanos).padStart(6, "0");
  const at = `${seconds.replaceAll(/[-:]/g, "")}.${fraction}Z`;
  // A host name holds no slash, but it comes from outside and becomes a path.
  return `shipped_to_${report.host}_${report.command}_at_${at}.txt`
    .replaceAll(/[\s/\\\0]/g, "_");
}
