import type { DeployEvent } from "../base/event.ts";
import type { Message, MessageContext, MessagesOf } from "./message.ts";
import { CONTAINER_MESSAGES, PROXY_MESSAGES } from "./messages_container.ts";
import { DEPLOY_MESSAGES } from "./messages_deploy.ts";
import {
  ADMIN_MESSAGES,
  DECISION_MESSAGES,
  PROGRAM_MESSAGES,
  SHARED_CACHE_MESSAGES,
} from "./messages_program.ts";
import { WORKER_MESSAGES } from "./messages_worker.ts";

const MESSAGES: MessagesOf<DeployEvent> = {
  ...PROGRAM_MESSAGES,
  ...ADMIN_MESSAGES,
  ...DECISION_MESSAGES,
  ...SHARED_CACHE_MESSAGES,
  ...DEPLOY_MESSAGES,
  ...WORKER_MESSAGES,
  ...CONTAINER_MESSAGES,
  ...PROXY_MESSAGES,
};

/**
 * Returns what an event means for people, or `undefined` when it is nothing for
 * them. Failed ticks and deploys are left to {@link ErrorLimit}: what is said of
 * them depends on those before.
 */
export function messageOf(
  event: DeployEvent,
  context: MessageContext,
): Message | undefined {
  // Events of the isolate that fetches are not checked on the way.
  if (!Object.hasOwn(MESSAGES, event.type)) return undefined;
  // The table has under each type what reads events of that type.
  const read = MESSAGES[event.type] as
    | ((event: DeployEvent, context: MessageContext) => Message | undefined)
    | undefined;
  return read?.(event, context);
}
