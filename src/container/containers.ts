import { ApplicationError, errorMessage } from "../base/errors.ts";
import type {
  ImageReference,
  ImageRepository,
} from "../base/image_reference.ts";
import type { Clock } from "../base/time.ts";
import type { Instance, InstanceRuntime } from "../rollout/instance.ts";
import type {
  Container,
  ContainerSpec,
  Engine,
  PullProgress,
  RegistryAuth,
} from "./engine.ts";
import {
  engineName,
  pinnedName,
  removeImages,
  repositoryOf,
  taggedName,
} from "./image_names.ts";
import { LABEL } from "./labels.ts";
import {
  awaitAddresses,
  boundAddresses,
  type PortRoute,
  routesOf,
} from "./published_ports.ts";

/** What {@link Containers} work with. */
export interface ContainersOptions {
  readonly engine: Engine;
  readonly repository: ImageRepository;
  /** The value of the label `dewy.app`. */
  readonly app: string;
  /** What the names of containers begin with. */
  readonly baseName: string;
  readonly routes: readonly PortRoute[];
  /** Stands for all settings that make a container what it is. */
  readonly settingsHash: string;
  /** How long a container may take to end after its stop signal, seconds. */
  readonly stopSeconds: number;
  /** Networks to join before the start, beyond the one in the create request. */
  readonly furtherNetworks: readonly {
    readonly network: string;
    readonly endpoint: object;
  }[];
  /** Makes the body of a create request. */
  readonly specOf: (parts: ContainerParts) => ContainerSpec;
  /** Finds out who pulls; `undefined` for anybody. */
  readonly auth: (signal: AbortSignal) => Promise<RegistryAuth | undefined>;
  readonly clock: Clock;
}

/** What a container is made of besides the settings. */
export interface ContainerParts {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
}

/** One image that is brought into service. */
export interface ImageRelease {
  /** The version. */
  readonly tag: string;
  readonly image: ImageReference;
}

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

const LOG_LINES = 20;

/** The containers of one application, as instances. */
export class Containers implements InstanceRuntime<ImageRelease> {
  #options: ContainersOptions;

  constructor(options: ContainersOptions) {
    this.#options = options;
  }

  /** Stands for all settings that make a container what it is. */
  get settingsHash(): string {
    return this.#options.settingsHash;
  }

  /**
   * Has the image on this host, by its digest, so that what runs is what was looked up.
   *
   * @returns Whether it had to be pulled.
   */
  async pull(
    { image }: ImageRelease,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { engine, auth, repository } = this.#options;
    const pinned = pinnedName(image);
    if (await engine.inspectImage(pinned, signal) !== undefined) return false;
    const who = await auth(signal);
    await engine.pullImage(pinned, {
      onProgress,
      ...(who === undefined ? {} : { auth: who }),
    }, signal);
    // Without a name an operator could not tell what it is.
    const place = { repository: engineName(repository), tag: image.tag };
    await engine.tagImage(pinned, place, signal);
    return true;
  }

  describe({ image }: ImageRelease): string {
    return taggedName(image);
  }

  async start(
    { tag, image }: ImageRelease,
    replica: number,
    signal: AbortSignal,
  ): Promise<Instance> {
    const { engine, app, repository, settingsHash, clock } = this.#options;
    const pinned = pinnedName(image);
    const details = await engine.inspectImage(pinned, signal);
    const routes = routesOf(this.#options.routes, details, tag);
    const now = clock.now();
    const spec = this.#options.specOf({
      image: pinned,
      ports: [...new Set(routes.map(({ container }) => container))],
      labels: {
        [LABEL.managed]: "true",
        [LABEL.app]: app,
        [LABEL.deployedAt]: new Date(now).toISOString(),
        [LABEL.replica]: `${replica}`,
        [LABEL.version]: tag,
        [LABEL.repository]: engineName(repository),
        [LABEL.digest]: image.digest ?? "",
        [LABEL.settings]: settingsHash,
      },
    });
    const base = this.#options.baseName;
    const name = `${base}-${Math.floor(now / 1000)}-${replica}`;
    const id = await engine.createContainer(name, spec, signal);
    try {
      for (const { network, endpoint } of this.#options.furtherNetworks) {
        const member = { containerId: id, endpoint };
        await engine.connectNetwork(network, member, signal);
      }
      await engine.startContainer(id, signal);
      const addresses = await awaitAddresses(
        id,
        routes,
        { engine, clock },
        signal,
      );
      return { id, name, tag, replica, addresses };
    } catch (error) {
      const words = await this.#lastLines(id, signal);
      await this.#removeQuietly(id);
      if (words === "") throw error;
      throw new ApplicationError(
        `${name} of ${tag} did not start: ${
          errorMessage(error)
        }; its last words:\n${words}`,
        {
          cause: error,
          hint: "Mend the image and publish a newer version",
        },
      );
    }
  }

  async stop({ id }: Instance, signal: AbortSignal): Promise<void> {
    const { engine, stopSeconds } = this.#options;
    await engine.stopContainer(id, stopSeconds, signal);
    await engine.removeContainer(id, { force: true }, signal);
  }

  lastWords({ id }: Instance, signal: AbortSignal): Promise<string> {
    return this.#lastLines(id, signal);
  }

  /** Whether it runs, and its ports are where they were: a restarted container has others. */
  async isRunning(instance: Instance, signal: AbortSignal): Promise<boolean> {
    const { engine } = this.#options;
    const details = await engine.inspectContainer(instance.id, signal);
    if (details?.state !== "running") return false;
    const open = new Set(details.ports.map(({ hostPort }) => hostPort));
    return [...instance.addresses.values()].every(({ port }) => open.has(port));
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
    for (const { id, state } of left) {
      if (state === "running") {
        await engine.stopContainer(id, stopSeconds, signal);
      }
      await engine.removeContainer(id, { force: true }, signal);
    }
    return left.map(({ name }) => name);
  }

  /** Removes the images of versions that were deployed once and are not to be kept; one that is in use stays. */
  async removeImages(
    tags: readonly string[],
    signal: AbortSignal,
  ): Promise<string[]> {
    const { engine, repository } = this.#options;
    const own = await this.#own(signal);
    const used = new Set(own.map(({ imageId }) => imageId));
    return await removeImages({ engine, repository, tags, used }, signal);
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
    { id, name, labels, image }: Container,
    signal: AbortSignal,
  ): Promise<Adopted | undefined> {
    const { engine } = this.#options;
    const details = await engine.inspectImage(image, signal);
    const tag = labels[LABEL.version] ?? "";
    const routes = routesOf(this.#options.routes, details, tag);
    const addresses = await boundAddresses(id, routes, engine, signal);
    if (addresses === undefined) return undefined;
    const replica = Number(labels[LABEL.replica] ?? 0) || 0;
    return {
      instance: { id, name, tag, replica, addresses },
      settingsHash: labels[LABEL.settings] ?? "",
      digest: labels[LABEL.digest] ?? "",
      deployedAt: labels[LABEL.deployedAt] ?? "",
    };
  }

  async #lastLines(id: string, signal: AbortSignal): Promise<string> {
    try {
      const { engine } = this.#options;
      return (await engine.containerLogs(id, LOG_LINES, signal)).join("\n");
    } catch (error) {
      signal.throwIfAborted();
      return `(its log cannot be read: ${errorMessage(error)})`;
    }
  }

  /** The failure that led here is what counts; what is left is reaped later. */
  async #removeQuietly(id: string): Promise<void> {
    const never = new AbortController().signal;
    await this.#options.engine.removeContainer(id, { force: true }, never)
      .catch(() => {});
  }
}
