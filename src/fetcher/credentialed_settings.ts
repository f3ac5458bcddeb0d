import { isDeepStrictEqual } from "node:util";
import { SourceError } from "../base/errors.ts";
import type { OciCredentials } from "../client/oci_credentials.ts";
import type { SourceSettings } from "./fetch_service.ts";

/** Looks up who to be at the registry; `undefined` for nobody. */
export type FindCredentials = (
  signal: AbortSignal,
) => Promise<OciCredentials | undefined>;

/**
 * The settings of an isolate with the credentials that it works with. They are
 * looked up out here, since it may neither start a helper nor read a file that
 * holds the credentials of other registries, too.
 */
export class CredentialedSettings {
  #settings: SourceSettings;
  readonly #find: FindCredentials | undefined;

  constructor(settings: SourceSettings, find: FindCredentials | undefined) {
    this.#settings = settings;
    this.#find = find;
  }

  get value(): SourceSettings {
    return this.#settings;
  }

  /**
   * Looks the credentials up for the first time. A helper that fails is no
   * reason not to start: they may not be asked for, and when they are,
   * {@link renewAfter} tells of it.
   *
   * @throws {ConfigError} When a file of theirs cannot be read.
   */
  async prepare(signal: AbortSignal): Promise<void> {
    try {
      await this.renew(signal);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
    }
  }

  /**
   * Looks them up again when the registry denied them, because passwords of
   * some registries live for hours only. Returns whether there are others now.
   *
   * @throws {SourceError} When a helper fails.
   */
  async renewAfter(error: unknown, signal: AbortSignal): Promise<boolean> {
    const isDenied = error instanceof SourceError && error.code === "denied";
    return isDenied && await this.renew(signal);
  }

  /**
   * Looks them up. Returns whether there are others now.
   *
   * @throws {SourceError} When a helper fails.
   */
  async renew(signal: AbortSignal): Promise<boolean> {
    if (this.#find === undefined) return false;
    const credentials = await this.#find(signal);
    if (isDeepStrictEqual(credentials, this.#settings.credentials)) {
      return false;
    }
    this.#settings = { ...this.#settings, credentials };
    return true;
  }
}
