import type { Notice, Origin } from "../../src/notify/notifier.ts";
import { code, rich } from "../../src/notify/rich_text.ts";

/** Where the messages of tests come from. */
export const ORIGIN: Origin = {
  host: "web1",
  command: "server",
  version: "1.0.0",
  workdir: "/srv/app",
  user: "Deploy Account",
};

/** A message, with what a test wants of it. */
export function notice(extras: Partial<Notice> = {}): Notice {
  return {
    kind: "important",
    level: "info",
    text: rich`Server started for ${code("v1.2.3")}`,
    id: "0b9d8a3e-6f5c-4d61-9f0e-6f7f3f5f7a10",
    event: "server-started",
    time: Date.UTC(2026, 0, 15, 10, 30, 45),
    ...extras,
  };
}
