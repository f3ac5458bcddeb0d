import { SourceError } from "../base/errors.ts";
import { type Engine, EngineConflict } from "./engine.ts";
import {
  type RawContainer,
  type RawContainerDetails,
  toContainer,
  toContainerDetails,
} from "./engine_containers.ts";
import { eventQuery, labelFilters, parseEvent } from "./engine_events.ts";
import type { EngineCall } from "./engine_http.ts";
import { EngineImageClient } from "./engine_image_client.ts";
import { parseLogs } from "./engine_logs.ts";
import { encodePath, foundOrUndefined } from "./engine_path.ts";
import { secretsIn } from "./engine_secrets.ts";
import type {
  Container,
  ContainerDetails,
  ContainerEvent,
  ContainerFilter,
  ContainerSpec,
  CreatedContainer,
  EventFilter,
  NetworkDetails,
  NetworkMember,
  RemoveOptions,
} from "./engine_types.ts";

interface RawCreated {
  readonly Id: string;
  readonly Warnings?: readonly string[] | null;
}

interface RawNetwork {
  readonly Driver?: string;
  readonly Options?: Readonly<Record<string, string>> | null;
}

/** Of a container's output, what precedes its last lines included. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

const REMOVING = /removal of container .* is already in progress/;

/** A container engine behind its socket; see {@link Engine}. */
export class EngineClient extends EngineImageClient implements Engine {
  /** Of the container that was made last; those of one application have them in common. */
  #secrets: readonly string[] = [];

  async createContainer(
    name: string,
    { platform, ...spec }: ContainerSpec,
    signal: AbortSignal,
  ): Promise<CreatedContainer> {
    this.#secrets = secretsIn(spec);
    const raw = await this.json<RawCreated>({
      what: `create container "${name}" of "${spec.Image ?? ""}"`,
      method: "POST",
      path: "/containers/create",
      query: platform === undefined ? { name } : { name, platform },
      body: spec,
      secrets: this.#secrets,
    }, signal);
    return { id: raw.Id, warnings: raw.Warnings ?? [] };
  }

  async inspectNetwork(
    network: string,
    signal: AbortSignal,
  ): Promise<NetworkDetails | undefined> {
    const what = `inspect network "${network}"`;
    const path = `/networks/${encodePath(network)}`;
    const raw = await foundOrUndefined(
      this.json<RawNetwork>({ what, path }, signal),
    );
    return raw && { driver: raw.Driver ?? "", options: raw.Options ?? {} };
  }

  async connectNetwork(
    network: string,
    { containerId, endpoint }: NetworkMember,
    signal: AbortSignal,
  ): Promise<void> {
    await this.text({
      what: `connect container "${short(containerId)}" to "${network}"`,
      method: "POST",
      path: `/networks/${encodePath(network)}/connect`,
      body: { Container: containerId, EndpointConfig: endpoint },
    }, signal);
  }

  async startContainer(id: string, signal: AbortSignal): Promise<void> {
    await this.#do("start", id, { alsoOk: [304] }, signal);
  }

  async stopContainer(
    id: string,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#do("stop", id, {
      query: { t: String(timeoutSeconds) },
      alsoOk: [304],
      limitMs: timeoutSeconds * 1000 + this.answerMs,
    }, signal);
  }

  async killContainer(
    id: string,
    killSignal: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#do("kill", id, { query: { signal: killSignal } }, signal);
  }

  async renameContainer(
    id: string,
    name: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#do("rename", id, { query: { name } }, signal);
  }

  async waitContainer(id: string, signal: AbortSignal): Promise<number> {
    const raw = await this.json<{ readonly StatusCode?: number }>({
      what: `wait for container "${short(id)}"`,
      method: "POST",
      path: `/containers/${encodePath(id)}/wait`,
      query: { condition: "not-running" },
      limitMs: Infinity,
    }, signal);
    return raw.StatusCode ?? 0;
  }

  async removeContainer(
    id: string,
    { force = false }: RemoveOptions,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.text({
        what: `remove container "${short(id)}"`,
        method: "DELETE",
        path: `/containers/${encodePath(id)}`,
        query: { v: "true", force: String(force) },
        alsoOk: [404],
        limitMs: 2 * this.answerMs,
      }, signal);
    } catch (error) {
      // Somebody else removes it just now.
      if (error instanceof EngineConflict && REMOVING.test(error.message)) {
        return;
      }
      throw error;
    }
  }

  async inspectContainer(
    id: string,
    signal: AbortSignal,
  ): Promise<ContainerDetails | undefined> {
    const what = `inspect container "${short(id)}"`;
    const path = `/containers/${encodePath(id)}/json`;
    const raw = await foundOrUndefined(
      this.json<RawContainerDetails>({ what, path }, signal),
    );
    return raw === undefined ? undefined : toContainerDetails(raw);
  }

  async listContainers(
    { labels, all = false }: ContainerFilter,
    signal: AbortSignal,
  ): Promise<Container[]> {
    const filters = JSON.stringify({ label: labelFilters(labels) });
    const raw = await this.json<readonly RawContainer[]>({
      what: "list containers",
      path: "/containers/json",
      query: { all: String(all), filters },
    }, signal);
    return raw.map(toContainer);
  }

  async containerLogs(
    id: string,
    lines: number,
    signal: AbortSignal,
  ): Promise<string[]> {
    const hasTty = (await this.inspectContainer(id, signal))?.hasTty ?? false;
    const answer = await this.bytes(
      {
        what: `read the logs of container "${short(id)}"`,
        path: `/containers/${encodePath(id)}/logs`,
        query: { stdout: "true", stderr: "true", tail: String(lines) },
      },
      MAX_LOG_BYTES,
      signal,
    );
    return parseLogs(answer, { hasTty, lines });
  }

  async *events(
    filter: EventFilter,
    signal: AbortSignal,
  ): AsyncGenerator<ContainerEvent> {
    const what = "follow the container engine's events";
    const ask = {
      what,
      path: "/events",
      query: eventQuery(filter),
      onOpen: filter.onOpen,
    };
    for await (const line of this.lines(ask, Infinity, signal)) {
      const event = parseEvent(line, what);
      if (event !== undefined) yield event;
    }
    // One that ends does so because it is stopped.
    throw eventsOver(what);
  }

  async #do(
    verb: "start" | "stop" | "kill" | "rename",
    id: string,
    ask: Partial<EngineCall>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.text({
      what: `${verb} container "${short(id)}"`,
      method: "POST",
      path: `/containers/${encodePath(id)}/${verb}`,
      secrets: this.#secrets,
      ...ask,
    }, signal);
  }
}

function eventsOver(what: string): SourceError {
  return new SourceError("unavailable", `Cannot ${what}: it ended them`, {
    hint: "The container engine is stopped or restarted; dewy asks again",
  });
}

/** Returns an identifier as engines show it; names stay whole. */
function short(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
}
