/**
 * One isolate of the proxy. It may use the network as `isolate.ts` grants it,
 * and nothing else; it is told what to do by messages.
 *
 * @module
 */
import { errorMessage } from "../base/errors.ts";
import { accessLine } from "./http/access_log.ts";
import { hideEnvironment } from "./http/hide_environment.ts";
import { trustedNetworks } from "./http/trusted.ts";
import type { Reply, Request, Task } from "./isolate_messages.ts";
import { LineBatch } from "./line_batch.ts";
import { Planes } from "./planes.ts";

/** This global, as the worker it is; the types of a window are what the checker knows. */
const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(message: Reply): void;
};

hideEnvironment();

const log = new LineBatch((lines) =>
  port.postMessage({ type: "access-log", lines })
);
let planes: Planes | undefined;

function opened(): Planes {
  if (planes === undefined) throw new TypeError("No port is open");
  return planes;
}

/** Does a task; the number of sessions that it had to cut. */
async function perform(task: Task): Promise<number> {
  switch (task.type) {
    case "open": {
      const { accessLog, trustedProxies } = task.settings;
      planes = new Planes({
        ...task,
        isTrusted: trustedNetworks(trustedProxies),
        tell: (trouble) => port.postMessage({ type: "trouble", trouble }),
        ...(accessLog === undefined ? {} : {
          onServed: (served) =>
            log.add(accessLine(accessLog, served, Date.now())),
        }),
      });
      planes.swap(task.table);
      return 0;
    }
    case "swap":
      opened().swap(task.table);
      return 0;
    case "drain":
      return (await opened().drain(task.id, task.graceMs)).cut;
    case "renew":
      opened().renew(task.certificate);
      return 0;
    case "close":
      try {
        return (await opened().close(task.graceMs)).cut;
      } finally {
        log.flush();
      }
    default:
      return task satisfies never;
  }
}

async function answer(id: number, task: Task): Promise<void> {
  try {
    port.postMessage({ type: "done", id, cut: await perform(task) });
  } catch (error) {
    port.postMessage({ type: "failed", id, message: errorMessage(error) });
  }
}

port.onmessage = ({ data }) => {
  if (data.type === "task") {
    void answer(data.id, data.task);
    return;
  }
  port.postMessage({
    type: "alive",
    ports: planes?.snapshot() ?? new Map(),
    inFlight: planes?.inFlight() ?? new Map(),
    taken: planes?.taken() ?? new Map(),
  });
};
