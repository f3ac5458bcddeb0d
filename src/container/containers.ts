import { ApplicationError, errorMessage } from "../base/errors.ts";
import type {
  ImageReference,
  ImageRepository,
} from "../base/image_reference.ts";
import { localTime } from "../base/local_time.ts";
import type { Clock } from "../base/time.ts";
import type {
  Condition,
  Instance,
  InstanceRuntime,
} from "../rollout/instance.ts";
import {
  type ContainerSpec,
  type Engine,
  EngineConflict,
  type PullProgress,
  type RegistryAuth,
} from "./engine.ts";
import { engineName, isFor, pinnedName, taggedName } from "./image_names.ts";
import { LABEL } from "./labels.ts";
import { conditionOf } from "./condition.ts";
import { OwnContainers, removeOne } from "./own_containers.ts";
import { awaitAddresses, type PortRoute, routesOf } from "./published_ports.ts";

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
  /** `linux/arm64`; that of the engine's host when left out. */
  readonly platform?: string | undefined;
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

/** Who is told of a pull. */
export interface PullTeller {
  /** It is not on this host. */
  readonly onBegin?: () => void;
  readonly onProgress?: (progress: PullProgress) => void;
}

const LOG_LINES = 20;
/** A log that cannot be read must not keep a failure from being told, milliseconds. */
const LOG_MS = 5_000;
/** Names that are tried for one container. */
const MAX_NAMES = 10;

/** The containers of one application, as instances. */
export class Containers implements InstanceRuntime<ImageRelease> {
  /** Those that are there already. */
  readonly own: OwnContainers;
  #options: ContainersOptions;

  constructor(options: ContainersOptions) {
    this.#options = options;
    this.own = new OwnContainers(options);
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
    { onBegin, onProgress = () => {} }: PullTeller,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { engine, auth, repository, platform } = this.#options;
    const pinned = pinnedName(image);
    const present = await engine.inspectImage(pinned, signal);
    if (present !== undefined && isFor(present, platform)) return false;
    if (present !== undefined) await engine.releaseDigest(pinned, signal);
    onBegin?.();
    const who = await auth(signal);
    await engine.pullImage(pinned, {
      onProgress,
      ...(who === undefined ? {} : { auth: who }),
      ...(platform === undefined ? {} : { platform }),
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
    const { engine, app, repository, settingsHash, clock, platform } =
      this.#options;
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
        [LABEL.deployedAt]: localTime(now),
        [LABEL.replica]: `${replica}`,
        [LABEL.version]: tag,
        [LABEL.repository]: engineName(repository),
        [LABEL.digest]: image.digest ?? "",
        [LABEL.settings]: settingsHash,
      },
    });
    const { id, name } = await this.#create(
      platform === undefined ? spec : { ...spec, platform },
      { replica, now },
    );
    try {
      signal.throwIfAborted();
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
      const words = signal.aborted ? "" : await this.#lastLines(id);
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
    await removeOne(id, this.#options, signal);
  }

  lastWords({ id }: Instance): Promise<string> {
    return this.#lastLines(id);
  }

  async look(
    { id, addresses }: Instance,
    signal: AbortSignal,
  ): Promise<Condition> {
    const { engine, routes, clock } = this.#options;
    const details = await engine.inspectContainer(id, signal);
    // One that was taken over may have but some of the ports.
    const own = routes.filter(({ proxy }) => addresses.has(proxy));
    return conditionOf(details, own, clock.now());
  }

  /** Its name has the second of its start, as that of the original has; two of them may be started in one. */
  async #create(
    spec: ContainerSpec,
    { replica, now }: { readonly replica: number; readonly now: number },
  ): Promise<{ readonly id: string; readonly name: string }> {
    const { engine, baseName } = this.#options;
    // Called off half-way, nobody would know whether there is one; it has its time limit.
    const { signal } = new AbortController();
    for (let tries = 1;; tries++) {
      const second = Math.floor(now / 1000) + tries - 1;
      const name = `${baseName}-${second}-${replica}`;
      try {
        const { id } = await engine.createContainer(name, spec, signal);
        return { id, name };
      } catch (error) {
        if (!(error instanceof EngineConflict) || tries === MAX_NAMES) {
          throw error;
        }
      }
    }
  }

  async #lastLines(id: string): Promise<string> {
    const { engine } = this.#options;
    const signal = AbortSignal.timeout(LOG_MS);
    try {
      return (await engine.containerLogs(id, LOG_LINES, signal)).join("\n");
    } catch (error) {
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
