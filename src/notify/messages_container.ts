import type { ContainerEvent } from "../base/event_container.ts";
import type { ProxyEvent } from "../base/event_proxy.ts";
import {
  errorPart,
  hintOf,
  important,
  type MessagesOf,
  normal,
  spokenDuration,
  trouble,
  warning,
} from "./message.ts";
import { code, lines, rich } from "./rich_text.ts";

const LOG_HINT = "See the container's own log: docker logs, or podman logs";

/** What messages on the health of a container say the state of. */
export function containerState(name: string): string {
  return `container ${name}`;
}

/** Messages of a roll-out. */
const ROLL_OUT_MESSAGES: MessagesOf<ContainerEvent> = {
  "image-pulled": ({ tag, image, digest }) => {
    // Other registries of versions know other marks.
    const known = digest?.startsWith("sha256:") ? ` (digest: ${digest})` : "";
    return normal(rich`Pulled image ${code(image)}${known}`, { version: tag });
  },
  "container-starting": ({ image, replica, total }) =>
    normal(
      rich`Starting new container ${replica + 1}/${total}: ${code(image)}`,
    ),
  "container-healthy": ({ name, addresses, tookMs, answer }) =>
    normal(lines(
      rich`Container started with localhost-only port mapping (${
        addresses.join(", ")
      })`,
      rich`Health check passed for new container (${
        [answer, spokenDuration(tookMs)].filter((part) => part !== undefined)
          .join(", ")
      }): ${code(name)}`,
    )),
  "container-unhealthy": ({ name, reason, attempts }) =>
    trouble(
      rich`Health check failed for new container ${
        code(name)
      }: ${reason} (attempts: ${attempts})`,
      { hint: LOG_HINT },
    ),
  "containers-deployed": ({ tag, count, total }) =>
    important(
      rich`Container deployed successfully: ${
        code(`${count}/${total}`)
      } replicas of ${code(tag)}`,
      { version: tag },
    ),
  "images-removed": ({ names, kept }) =>
    normal(
      rich`Cleaned up ${names.length} old ${
        names.length === 1 ? "image" : "images"
      } (kept last ${kept} versions)`,
    ),
};

/** Messages of containers in service, and of their engine. */
const SERVICE_MESSAGES: MessagesOf<ContainerEvent> = {
  "containers-adopted": ({ tag, names }) =>
    normal(
      rich`Running containers of ${code(tag)} taken over: ${names.length}`,
      {
        version: tag,
      },
    ),
  "container-sick": ({ name, reason, isLast }) =>
    trouble(
      rich`Container ${code(name)} is sick${
        isLast
          ? " and gets work all the same, as no other is well"
          : " and gets no more work"
      }: ${reason}`,
      {
        topic: "container-sick",
        stateOf: containerState(name),
        hint: LOG_HINT,
      },
    ),
  "container-well": ({ name }) =>
    important(rich`Container ${code(name)} is well again`, {
      topic: "container-well",
      stateOf: containerState(name),
    }),
  "container-gone": ({ name, reason }) =>
    trouble(
      rich`Container ${code(name)} is gone, another one is started: ${reason}`,
      { topic: "container-gone", stateOf: "replicas", hint: LOG_HINT },
    ),
  "container-replaced": ({ name }) =>
    important(rich`The container that was lost is replaced by ${code(name)}`, {
      topic: "container-replaced",
      stateOf: "replicas",
    }),
  "container-not-replaced": ({ error, retryInMs }) =>
    trouble(
      rich`The container that was lost cannot be replaced, next attempt in ${
        spokenDuration(retryInMs)
      }: ${errorPart(error)}`,
      {
        topic: "container-not-replaced",
        stateOf: "replicas",
        hint: hintOf(error) ?? LOG_HINT,
      },
    ),
  "containers-crash-looping": ({ tag, deaths }) =>
    trouble(
      rich`Containers of ${
        code(tag)
      } end soon after their start, again and again (${deaths} times)`,
      {
        version: tag,
        topic: "containers-crash-looping",
        hint: "See their logs; mend it and publish a newer version",
      },
    ),
  "engine-lost": ({ error }) =>
    trouble(
      rich`The container engine does not answer, what runs serves on: ${
        errorPart(error)
      }`,
      {
        topic: "engine-lost",
        stateOf: "engine",
        hint: hintOf(error) ??
          "See whether it runs: docker info, or podman info",
      },
    ),
  "engine-back": () =>
    important(rich`The container engine answers again`, {
      topic: "engine-back",
      stateOf: "engine",
    }),
  "certificate-unusable": ({ path, error }) =>
    trouble(
      rich`The certificate ${
        code(path)
      } cannot be used, the one before stays: ${errorPart(error)}`,
      {
        topic: "certificate-unusable",
        hint: hintOf(error) ??
          "Check that certificate and key can be read, and belong together",
      },
    ),
  "certificate-renewed": ({ path }) =>
    normal(rich`Certificate renewed: ${code(path)}`),
};

/** Messages of container mode. */
export const CONTAINER_MESSAGES: MessagesOf<ContainerEvent> = {
  ...ROLL_OUT_MESSAGES,
  ...SERVICE_MESSAGES,
};

/** Messages of the reverse proxy. */
export const PROXY_MESSAGES: MessagesOf<ProxyEvent> = {
  "backend-added": ({ port, backend }, { protocols }) => {
    const scheme = protocols.get(port) === "tcp" ? "tcp" : "http";
    const { host } = backend;
    const shown = host === "127.0.0.1"
      ? "localhost"
      : host.includes(":")
      ? `[${host}]`
      : host;
    return normal(
      rich`Proxy backend updated to ${scheme}://${shown}:${backend.port}`,
    );
  },
  "proxy-trouble": ({ port, trouble: what }) =>
    what === "no-backend"
      ? trouble(
        rich`No backend is available on port ${port}: clients are sent away`,
        {
          topic: "no-backend",
          hint: "See which containers run, and their logs",
        },
      )
      : what === "accept-failed"
      ? trouble(rich`The proxy cannot accept connections on port ${port}`, {
        topic: "accept-failed",
        hint: "Raise the limit of open files (ulimit -n, LimitNOFILE=)",
      })
      : undefined,
  "proxy-isolate-lost": ({ why, connections }) =>
    warning(
      rich`A part of the proxy ended with ${connections} connections and is started again: ${why}`,
      {
        topic: "proxy-isolate-lost",
        hint: "Nothing, unless it comes again: then see the log of Dewy",
      },
    ),
};
