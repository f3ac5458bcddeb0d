import { ConfigError } from "../base/errors.ts";
import type { ImageEngine } from "./engine.ts";
import {
  isOf,
  isPrecise,
  type RawImage,
  type RawImageDetails,
  toImage,
  toImageDetails,
} from "./engine_images.ts";
import { encodePath, foundOrUndefined } from "./engine_path.ts";
import { parseProgress, registryAuthHeader, secretsOf } from "./engine_pull.ts";
import { EngineSession } from "./engine_session.ts";
import type { Image, ImageDetails, PullOptions } from "./engine_types.ts";

/** What a container engine does with images. */
export class EngineImageClient extends EngineSession implements ImageEngine {
  async inspectImage(
    reference: string,
    signal: AbortSignal,
  ): Promise<ImageDetails | undefined> {
    const what = `inspect image "${reference}"`;
    const path = `/images/${encodePath(reference)}/json`;
    const raw = await foundOrUndefined(
      this.json<RawImageDetails>({ what, path }, signal),
    );
    return raw === undefined ? undefined : toImageDetails(raw);
  }

  async pullImage(
    reference: string,
    options: PullOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const what = `pull image "${reference}"`;
    if (!isPrecise(reference)) {
      throw new ConfigError(`Cannot ${what}: it has neither tag nor digest`, {
        hint: "Without one the engine would pull every tag there is",
      });
    }
    const { auth, onProgress, platform } = options;
    const header = auth && { "X-Registry-Auth": registryAuthHeader(auth) };
    const ask = {
      what,
      method: "POST",
      path: "/images/create",
      query: {
        fromImage: reference,
        ...(platform === undefined ? {} : { platform }),
      },
      headers: header ?? {},
      secrets: secretsOf(auth),
      asksRegistry: true,
      limitMs: this.pullStallMs,
    } as const;
    for await (const line of this.lines(ask, this.pullStallMs, signal)) {
      const progress = parseProgress(line, ask);
      onProgress?.(progress);
    }
  }

  async listImages(repository: string, signal: AbortSignal): Promise<Image[]> {
    const what = `list the images of "${repository}"`;
    const raw = await this.json<readonly RawImage[]>(
      { what, path: "/images/json" },
      signal,
    );
    // The engines' own filters differ in which names they take for the same.
    return raw.map(toImage).filter((image) => isOf(image, repository))
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  async tagImage(
    reference: string,
    { repository, tag }: { readonly repository: string; readonly tag: string },
    signal: AbortSignal,
  ): Promise<void> {
    await this.text({
      what: `tag image "${reference}" as "${repository}:${tag}"`,
      method: "POST",
      path: `/images/${encodePath(reference)}/tag`,
      query: { repo: repository, tag },
    }, signal);
  }

  async releaseDigest(reference: string, signal: AbortSignal): Promise<void> {
    const { kind } = await this.version(signal);
    // Podman has several images by one digest, and with force removes containers.
    if (kind === "podman") return;
    await this.text({
      what: `take "${reference}" away from its image`,
      method: "DELETE",
      path: `/images/${encodePath(reference)}`,
      query: { force: "true" },
      alsoOk: [404],
    }, signal);
  }

  async removeImage(reference: string, signal: AbortSignal): Promise<void> {
    await this.text({
      what: `remove image "${reference}"`,
      method: "DELETE",
      path: `/images/${encodePath(reference)}`,
      alsoOk: [404],
    }, signal);
  }
}
