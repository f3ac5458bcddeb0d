import { platformOf } from "../base/platform.ts";
import { RELEASES_URL } from "../base/releases_url.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import { Interruption } from "./interruption.ts";
import { selfUpdate } from "./self_update.ts";
import type { SelfUpdateRequest } from "./self_update_request.ts";

/** Updates the dewy that runs; a signal ends that without a rest. */
export async function runSelfUpdate(
  request: SelfUpdateRequest,
  env: Readonly<Record<string, string>>,
  write: (text: string) => void,
): Promise<void> {
  const { os, arch, standalone } = Deno.build;
  using interruption = new Interruption();
  await selfUpdate(request, {
    program: Deno.execPath(),
    isCompiled: standalone,
    version: VERSION_INFO.version,
    platform: platformOf(os, arch),
    releasesUrl: env["DEWY_DOWNLOAD_BASE"] || RELEASES_URL,
    write,
    signal: interruption.signal,
  });
}
