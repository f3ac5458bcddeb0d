import { describeUrl } from "../../base/url.ts";
import { VERSION_INFO } from "../../base/version_info.ts";
import { openNotifier } from "../../notify/open_notifier.ts";
import { type DoctorContext, failure, type Finding, ok } from "./finding.ts";

/** Looks whether each notifier has what it needs. Nothing is sent. */
export async function checkNotifiers(
  context: DoctorContext,
): Promise<readonly Finding[]> {
  const { notifierUrls } = context.settings;
  return await Promise.all(
    notifierUrls.map((url) => checkNotifier(url, context)),
  );
}

async function checkNotifier(
  url: string,
  { settings, root, env }: DoctorContext,
): Promise<Finding> {
  const name = "notifier";
  try {
    const notifier = await openNotifier(url, {
      env,
      origin: {
        host: Deno.hostname(),
        command: settings.command,
        version: VERSION_INFO.version,
        workdir: root,
        user: env["USER"] ?? "",
      },
    });
    notifier.close?.();
    const where = `${describeUrl(url)} (${notifier.name})`;
    return ok(name, `${where} has all it needs; nothing was sent`);
  } catch (error) {
    return failure(name, error);
  }
}
