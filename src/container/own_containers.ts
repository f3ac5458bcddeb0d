import type { ContainerEntry } from "../admin/original.ts";
import { SourceError } from "../base/errors.ts";
import type { ImageRepository } from "../base/image_reference.ts";
import type { Instance } from "../rollout/instance.ts";
import type { Container, ContainerDetails, Engine } from "./engine.ts";
import { engineName, repositoryOf } from "./image_names.ts";
import { type OldImageNames, removeImages } from "./remove_images.ts";
import { LABEL } from "./labels.ts";
import { addressesIn, type PortRoute } from "./published_ports.ts";

/** A container that runs already. */
export interface Adopted {
  readonly instance: Instance;
  /** What it was made with; empty for one of another dewy. */
  readonly settingsHash: string;
  /** The digest it was made of; empty for one of another dewy. */
  readonly digest: string;
  /** RFC 3339, empty when unknown. */
  readonly deployedAt: string;
}

/** A container, whether it runs or not. */
export interface OwnContainer extends ContainerDetails {
  /** By its version rather than by its digest. */
  readonly image: string;
  readonly version: string;
  /** Its number among the replicas; empty for none. */
  readonly replica: string;
}

/** What {@link OwnContainers} work with. */
export interface OwnContainersOptions {
  readonly engine: Engine;
  readonly repository: ImageRepository;
  /** The value of the label `dewy.app`. */
  readonly app: string;
  readonly routes: readonly PortRoute[];
  /** How long a container may take to end after its stop signal, seconds. */
  readonly stopSeconds: number;
}

/** The containers of one application that are on this host, whoever started them. */
export class OwnContainers {
  #options: OwnContainersOptions;

  constructor(options: OwnContainersOptions) {
    this.#options = options;
  }

  /** Returns the containers of this application that run. */
  async running(signal: AbortSignal): Promise<Adopted[]> {
    const own = await this.#own(signal);
    const adopted = await Promise.all(
      own.filter(({ state }) => state === "running")
        .map((container) => this.#adopt(container, signal)),
    );
    return adopted.filter((one) => one !== undefined)
      .sort((a, b) => a.instance.replica - b.instance.replica);
  }

  /**
   * Removes containers of this application that do not run, or are not among `keep`.
   *
   * @returns Their names.
   */
  async reap(
    keep: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { engine, stopSeconds } = this.#options;
    const own = await this.#own(signal);
    const left = own.filter(({ id }) => !keep.has(id));
    await Promise.all(
      left.map(({ id }) => removeOne(id, { engine, stopSeconds }, signal)),
    );
    return left.map(({ name }) => name);
  }

  /** As engines call it: `ghcr.io/acme/web`. */
  get repository(): string {
    return engineName(this.#options.repository);
  }

  /**
   * Removes images that were deployed once and are not to be kept; one that is in use stays.
   *
   * @returns Their names.
   */
  async removeImages(
    old: OldImageNames,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { engine, repository } = this.#options;
    // Other applications, and people, may have containers of them as well.
    const everything = { labels: {}, all: true };
    const containers = await engine.listContainers(everything, signal);
    const used = new Set(containers.map(({ imageId }) => imageId));
    return await removeImages({ engine, repository, old, used }, signal);
  }

  /** Returns all of them in full, for metrics; one that goes meanwhile is left out. */
  async readings(signal: AbortSignal): Promise<OwnContainer[]> {
    const { engine } = this.#options;
    const own = await this.#own(signal);
    const all = await Promise.all(own.map(async ({ id, labels, image }) => {
      const details = await engine.inspectContainer(id, signal);
      const version = labels[LABEL.version] ?? "";
      return details && {
        ...details,
        image: shownImage(image, version),
        version,
        replica: labels[LABEL.replica] ?? "",
      };
    }));
    return all.filter((one) => one !== undefined);
  }

  async #own(signal: AbortSignal): Promise<Container[]> {
    const { engine, app, repository } = this.#options;
    const labels = { [LABEL.managed]: "true", [LABEL.app]: app };
    const all = await engine.listContainers({ labels, all: true }, signal);
    // Another application whose image has the same last name is not ours.
    const ours = engineName(repository);
    return all.filter(({ labels, image }) =>
      (labels[LABEL.repository] ?? repositoryOf(image)) === ours
    );
  }

  async #adopt(
    { id, name, labels }: Container,
    signal: AbortSignal,
  ): Promise<Adopted | undefined> {
    const { engine, routes } = this.#options;
    const details = await engine.inspectContainer(id, signal);
    if (details === undefined) return undefined;
    // With other ports in the settings some of them may lead nowhere until the
    // roll-out that this leads to.
    const addresses = addressesIn(details, routes);
    if (addresses.size === 0) return undefined;
    const tag = labels[LABEL.version] ?? "";
    const replica = Number(labels[LABEL.replica] ?? 0) || 0;
    return {
      instance: { id, name, tag, replica, addresses },
      settingsHash: labels[LABEL.settings] ?? "",
      digest: labels[LABEL.digest] ?? "",
      deployedAt: labels[LABEL.deployedAt] ?? "",
    };
  }

  /** Returns those that run, as the admin API tells them. */
  async entries(signal: AbortSignal): Promise<ContainerEntry[]> {
    const { engine, routes } = this.#options;
    const own = await this.#own(signal);
    const running = own.filter(({ state }) => state === "running");
    return await Promise.all(running.map(async (container) => {
      const { id, name, labels, image, state } = container;
      const details = await engine.inspectContainer(id, signal);
      const ports = details?.ports ?? [];
      const [{ container: first } = { container: undefined }] = routes;
      const binding = ports.find(({ containerPort }) =>
        first === undefined || containerPort === first
      );
      const version = labels[LABEL.version] ?? "";
      return {
        id,
        name,
        image: shownImage(image, version),
        status: state,
        ip_port: binding === undefined
          ? ""
          : `${binding.hostIp}:${binding.hostPort}`,
        started_at: details?.startedAt ?? "",
        deployed_at: labels[LABEL.deployedAt] ?? details?.startedAt ?? "",
        labels,
      };
    }));
  }
}

/** By its version rather than by its digest, as people know it. */
function shownImage(image: string, version: string): string {
  const [name = "", digest] = image.split("@");
  return digest === undefined || version === "" ? image : `${name}:${version}`;
}

/**
 * Stops a container, giving it time to finish, and removes it; done as well
 * when it is not there. One that cannot be stopped, as it is paused, is killed.
 */
export async function removeOne(
  id: string,
  { engine, stopSeconds }: Pick<OwnContainersOptions, "engine" | "stopSeconds">,
  signal: AbortSignal,
): Promise<void> {
  try {
    await engine.stopContainer(id, stopSeconds, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SourceError)) throw error;
  }
  await engine.removeContainer(id, { force: true }, signal);
}
