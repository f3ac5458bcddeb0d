import { platformOf } from "../base/platform.ts";
import { RELEASES_URL } from "../base/releases_url.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import type { SelfUpdateHost } from "./self_update.ts";

/** Returns the dewy that runs, as `dewy self-update` needs to know it. */
export function selfUpdateHost(
  env: Readonly<Record<string, string>>,
  write: (text: string) => void,
): SelfUpdateHost {
  const { os, arch, standalone } = Deno.build;
  return {
    program: Deno.execPath(),
    isCompiled: standalone,
    version: VERSION_INFO.version,
    platform: platformOf(os, arch),
    releasesUrl: env["DEWY_DOWNLOAD_BASE"] || RELEASES_URL,
    write,
  };
}
