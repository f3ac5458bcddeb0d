import { VERSION_INFO } from "../base/version_info.ts";

/** Returns what `dewy --version` prints. */
export function versionLine(): string {
  const { version, commit, date } = VERSION_INFO;
  return `dewy version: ${version} [${commit.slice(0, 7)}, ${date}]\n`;
}
