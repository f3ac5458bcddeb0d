import { join } from "node:path";
import { DewyError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Redact } from "../base/redact.ts";
import { systemClock } from "../base/time.ts";
import { describeUrl } from "../base/url.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import { DeliveryQueue } from "../notify/delivery_queue.ts";
import { Notifications } from "../notify/notifications.ts";
import type { Notifier, NotifierContext } from "../notify/notifier.ts";
import { checkNotifierUrl, openNotifier } from "../notify/open_notifier.ts";
import { RunLog } from "../notify/run_log.ts";
import { ReleaseThread } from "../notify/release_thread.ts";
import type {
  AssetsSettings,
  ContainerSettings,
  ServerSettings,
} from "./settings.ts";
import { userName } from "./user_name.ts";

/** What notifications are composed with. */
export interface NotifyOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Hears how notifiers do. */
  readonly emit: EmitEvent;
  readonly redact: Redact;
}

/**
 * Opens the notifiers of `--notifier`. One that cannot be set up is told and left out.
 *
 * @throws {ConfigError} When there is no notifier for a scheme.
 */
export async function openNotifications(
  settings: ServerSettings | AssetsSettings | ContainerSettings,
  { env, emit, redact }: NotifyOptions,
): Promise<Notifications> {
  const { notifierUrls, command } = settings;
  notifierUrls.forEach(checkNotifierUrl);
  const workdir = Deno.cwd();
  const context: NotifierContext = {
    env,
    origin: {
      host: Deno.hostname(),
      command,
      app: command === "container" ? settings.app : undefined,
      version: VERSION_INFO.version,
      workdir,
      user: await userName(env),
    },
    warn: (notifier, error) =>
      emit({
        type: "notification-failed",
        notifier,
        error,
        failures: 1,
        notable: true,
      }),
  };
  const notifiers: Notifier[] = [];
  for (const url of notifierUrls) {
    try {
      notifiers.push(await openNotifier(url, context));
    } catch (error) {
      if (!(error instanceof DewyError)) throw error;
      emit({ type: "notifier-unusable", notifier: nameOf(url), error });
    }
  }
  const clock = systemClock;
  return new Notifications({
    queues: notifiers.map((notifier) =>
      new DeliveryQueue({ notifier, clock, emit })
    ),
    command,
    redact,
    clock,
    // An image has no folder here that could name a message.
    thread: command === "container"
      ? undefined
      : openThread(notifiers, workdir, emit),
    runs: await RunLog.open({
      folder: join(workdir, ".dewy"),
      clock,
      onError: (error) =>
        emit({ type: "cleanup-failed", what: "the record of runs", error }),
    }),
  });
}

function openThread(
  notifiers: readonly Notifier[],
  workdir: string,
  emit: EmitEvent,
): ReleaseThread | undefined {
  const inThread = notifiers.find((notifier) => notifier.inThread === true);
  if (inThread === undefined) return undefined;
  return new ReleaseThread(workdir, (error) =>
    emit({
      type: "notification-failed",
      notifier: inThread.name,
      error,
      failures: 1,
      notable: true,
    }));
}

/** Scheme and host: the path of a webhook may be a secret. */
function nameOf(url: string): string {
  return /^[^:]*:\/\/[^/?]*/.exec(describeUrl(url))?.[0] ?? "";
}
