/**
 * What dewy asks of a container engine: the part of the Docker Engine API that
 * Podman serves as well, with the differences between both taken away.
 *
 * Every call is bounded in time, ends as soon as its signal is aborted, and
 * throws a {@link SourceError} with what the engine said, unless it says
 * otherwise: `not-found` when the container or image is not there, `denied`
 * when the socket or a registry refuses, `timeout` when no answer came in time,
 * `unavailable` when nobody answers or the engine has a problem of its own,
 * {@link EngineConflict} when the state of things forbids it, `invalid` for all
 * else. A caller's abort is thrown as it is.
 *
 * Source: https://docs.docker.com/reference/api/engine/
 *
 * @module
 */
import { type DewyErrorOptions, SourceError } from "../base/errors.ts";
import type {
  Container,
  ContainerDetails,
  ContainerEvent,
  ContainerFilter,
  ContainerSpec,
  CreatedContainer,
  EngineInfo,
  EngineVersion,
  EventFilter,
  Image,
  ImageDetails,
  NetworkDetails,
  NetworkMember,
  PullOptions,
  RemoveOptions,
} from "./engine_types.ts";

/** The name is taken, the image is in use, the container runs: asking again alone does not help. */
export class EngineConflict extends SourceError {
  constructor(message: string, options: DewyErrorOptions) {
    super("invalid", message, options);
  }
}

/** What a container engine does with images. */
export interface ImageEngine {
  /** Returns the image, or `undefined` when it is not on this host. */
  inspectImage(
    reference: string,
    signal: AbortSignal,
  ): Promise<ImageDetails | undefined>;
  /** Pulls one image; `reference` must hold a tag or a digest. */
  pullImage(
    reference: string,
    options: PullOptions,
    signal: AbortSignal,
  ): Promise<void>;
  /** Returns the images of a repository, newest build first. */
  listImages(repository: string, signal: AbortSignal): Promise<Image[]>;
  tagImage(
    reference: string,
    tag: { readonly repository: string; readonly tag: string },
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Lets a digest, that of an index, be pulled for another platform. The image
   * that has it stays where it has another name, as it does when containers run
   * that are made of it.
   */
  releaseDigest(reference: string, signal: AbortSignal): Promise<void>;
  /**
   * Removes a name, and the image with its last one. Done as well when it is not there.
   *
   * @throws {EngineConflict} When a container is made of it, or an identifier was given that has several names.
   */
  removeImage(reference: string, signal: AbortSignal): Promise<void>;
}

/** A container engine on this host. */
export interface Engine extends ImageEngine, Disposable {
  /** Agrees on a version of the API, and returns who answers. */
  version(signal: AbortSignal): Promise<EngineVersion>;
  info(signal: AbortSignal): Promise<EngineInfo>;

  /**
   * Makes a container, which does not run yet.
   *
   * @throws {EngineConflict} When the name is taken.
   */
  createContainer(
    name: string,
    spec: ContainerSpec,
    signal: AbortSignal,
  ): Promise<CreatedContainer>;
  /** Returns the network, or `undefined` when there is none. */
  inspectNetwork(
    network: string,
    signal: AbortSignal,
  ): Promise<NetworkDetails | undefined>;
  /** Joins a container that does not run yet to one more network. */
  connectNetwork(
    network: string,
    member: NetworkMember,
    signal: AbortSignal,
  ): Promise<void>;
  /** Done as well when it runs. */
  startContainer(id: string, signal: AbortSignal): Promise<void>;
  /** Sends the stop signal, and `SIGKILL` after `timeoutSeconds`. Done as well when it does not run. */
  stopContainer(
    id: string,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Sends a signal (`SIGKILL`).
   *
   * @throws {EngineConflict} When it does not run.
   */
  killContainer(
    id: string,
    killSignal: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Returns the exit code, once it does not run; waits without limit. */
  waitContainer(id: string, signal: AbortSignal): Promise<number>;
  renameContainer(
    id: string,
    name: string,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Removes it with its anonymous volumes. Done as well when it is not there.
   *
   * @throws {EngineConflict} When it runs and `force` is not set.
   */
  removeContainer(
    id: string,
    options: RemoveOptions,
    signal: AbortSignal,
  ): Promise<void>;
  /** Returns the container, or `undefined` when there is none. */
  inspectContainer(
    id: string,
    signal: AbortSignal,
  ): Promise<ContainerDetails | undefined>;
  listContainers(
    filter: ContainerFilter,
    signal: AbortSignal,
  ): Promise<Container[]>;
  /** Returns the last lines that it wrote to either output, oldest first. */
  containerLogs(
    id: string,
    lines: number,
    signal: AbortSignal,
  ): Promise<string[]>;

  /**
   * Tells what happens to containers, without limit in time. It ends by throwing
   * only: `unavailable` when the engine goes. The caller subscribes again.
   */
  events(
    filter: EventFilter,
    signal: AbortSignal,
  ): AsyncIterable<ContainerEvent>;
}
