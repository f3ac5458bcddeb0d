import { ApplicationError, errorMessage } from "../base/errors.ts";
import {
  imageName,
  type ImageReference,
  type ImageRepository,
  pinnedImage,
  taggedImage,
} from "../base/image_reference.ts";
import type { Clock } from "../base/time.ts";
import type {
  Instance,
  InstanceAddress,
  InstanceRuntime,
} from "../rollout/instance.ts";
import type {
  Container,
  ContainerSpec,
  Engine,
  ImageDetails,
  PullProgress,
  RegistryAuth,
} from "./engine.ts";

/** Where a port of the proxy leads. */
export interface PortRoute {
  readonly proxy: number;
  /** Port in the container; the only one that the image exposes when left out. */
  readonly container?: number | undefined;
}

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

const LABEL = {
  managed: "dewy.managed",
  app: "dewy.app",
  deployedAt: "dewy.deployed_at",
  replica: "dewy.replica",
  version: "dewy.version",
  repository: "dewy.repository",
  digest: "dewy.digest",
  settings: "dewy.settings",
} as const;

const LOG_LINES = 20;
/** How long a container may take to have its ports, milliseconds. */
const PORTS_MS = 5_000;
const LOOK_MS = 50;

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
    const pinned = pinnedImage(image);
    if (await engine.inspectImage(pinned, signal) !== undefined) return false;
    const who = await auth(signal);
    await engine.pullImage(pinned, {
      onProgress,
      ...(who === undefined ? {} : { auth: who }),
    }, signal);
    // Without a name an operator could not tell what it is.
    const place = { repository: imageName(repository), tag: image.tag };
    await engine.tagImage(pinned, place, signal);
    return true;
  }

  async start(
    { tag, image }: ImageRelease,
    replica: number,
    signal: AbortSignal,
  ): Promise<Instance> {
    const { engine, app, repository, settingsHash, clock } = this.#options;
    const pinned = pinnedImage(image);
    const details = await engine.inspectImage(pinned, signal);
    const routes = this.#routes(details, tag);
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
        [LABEL.repository]: imageName(repository),
        [LABEL.digest]: image.digest ?? "",
        [LABEL.settings]: settingsHash,
      },
    });
    const base = this.#options.baseName;
    const name = `${base}-${Math.floor(now / 1000)}-${replica}`;
    const id = await engine.createContainer(name, spec, signal);
    try {
      await engine.startContainer(id, signal);
      const addresses = await this.#addresses(id, routes, signal);
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
    const removed: string[] = [];
    const images = await engine.listImages(imageName(repository), signal);
    for (const tag of tags) {
      const name = taggedImage({ ...repository, tag });
      const image = images.find(({ tags }) => tags.includes(name));
      if (image === undefined || used.has(image.id)) continue;
      for (const reference of [name, ...onlyDigests(image, name)]) {
        await engine.removeImage(reference, signal);
      }
      removed.push(name);
    }
    return removed;
  }

  async #own(signal: AbortSignal): Promise<Container[]> {
    const { engine, app, repository } = this.#options;
    const labels = { [LABEL.managed]: "true", [LABEL.app]: app };
    const all = await engine.listContainers({ labels, all: true }, signal);
    // Another application whose image has the same last name is not ours.
    const ours = imageName(repository);
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
    const routes = this.#routes(details, tag);
    const addresses = await this.#bound(id, routes, signal);
    if (addresses === undefined) return undefined;
    const replica = Number(labels[LABEL.replica] ?? 0) || 0;
    return {
      instance: { id, name, tag, replica, addresses },
      settingsHash: labels[LABEL.settings] ?? "",
      digest: labels[LABEL.digest] ?? "",
      deployedAt: labels[LABEL.deployedAt] ?? "",
    };
  }

  /** The container port of each port of the proxy. */
  #routes(
    details: ImageDetails | undefined,
    tag: string,
  ): { readonly proxy: number; readonly container: number }[] {
    return this.#options.routes.map(({ proxy, container }) => ({
      proxy,
      container: container ?? onlyPort(details, tag, proxy),
    }));
  }

  async #addresses(
    id: string,
    routes: readonly { proxy: number; container: number }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, InstanceAddress>> {
    const until = performance.now() + PORTS_MS;
    for (;;) {
      const bound = await this.#bound(id, routes, signal);
      if (bound !== undefined) return bound;
      const details = await this.#options.engine.inspectContainer(id, signal);
      if (details?.state !== "running" || performance.now() > until) {
        const code = details?.exitCode ?? 0;
        throw new ApplicationError(
          details?.state === "running"
            ? "it has no port on 127.0.0.1"
            : `it ended with exit code ${code}`,
        );
      }
      await this.#options.clock.delay(LOOK_MS, signal);
    }
  }

  async #bound(
    id: string,
    routes: readonly { proxy: number; container: number }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, InstanceAddress> | undefined> {
    const details = await this.#options.engine.inspectContainer(id, signal);
    const addresses = new Map<number, InstanceAddress>();
    for (const { proxy, container } of routes) {
      const binding = details?.ports.find(({ containerPort, protocol }) =>
        containerPort === container && protocol === "tcp"
      );
      if (binding === undefined) return undefined;
      addresses.set(proxy, { hostname: "127.0.0.1", port: binding.hostPort });
    }
    return addresses;
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

function onlyPort(
  details: ImageDetails | undefined,
  tag: string,
  proxy: number,
): number {
  const ports = (details?.exposedPorts ?? []).filter((port) =>
    port.endsWith("/tcp")
  ).map((port) => Number.parseInt(port, 10));
  const [only] = ports;
  if (only !== undefined && ports.length === 1) return only;
  throw new ApplicationError(
    ports.length === 0
      ? `The image of ${tag} exposes no TCP port`
      : `The image of ${tag} exposes several ports: ${ports.join(", ")}`,
    { hint: `Say which one: --port ${proxy}:CONTAINER_PORT` },
  );
}

/** The digests that go with the last name of an image. */
function onlyDigests(
  { tags, digests }: { tags: readonly string[]; digests: readonly string[] },
  name: string,
): readonly string[] {
  return tags.every((tag) => tag === name) ? digests : [];
}

/** `ghcr.io/acme/web` of `ghcr.io/acme/web:v1@sha256:…`. */
function repositoryOf(image: string): string {
  const [plain = ""] = image.split("@");
  const colon = plain.lastIndexOf(":");
  return colon > plain.lastIndexOf("/") ? plain.slice(0, colon) : plain;
}
