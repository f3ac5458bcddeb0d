import { fileURLToPath } from "node:url";
import { abortable } from "../base/abortable.ts";
import type { ArtifactBody } from "../base/artifact_body.ts";
import { requestOf } from "../base/byte_reader.ts";
import { SourceError, systemErrorCode } from "../base/errors.ts";
import type { ArtifactStore } from "./artifact_store.ts";

/** For readers that bring no memory of their own. */
const CHUNK_BYTES = 64 * 1024;

const DISK_HINT = "Check the file system and its mount";

/** Gives the bytes of regular files. The stream holds the file open until it ends, is cancelled or the signal aborts. */
export class FileArtifactStore implements ArtifactStore {
  async open(url: string, signal: AbortSignal): Promise<ArtifactBody> {
    signal.throwIfAborted();
    const path = toPath(url);
    const opening = openRegular(path);
    try {
      const { file, length } = await abortable(opening, signal);
      return { stream: streamOf(file, { path, signal }), length };
    } catch (cause) {
      // A file that opens after all, when nobody waits for it any more.
      if (signal.aborted) opening.then(({ file }) => file.close(), () => {});
      signal.throwIfAborted();
      throw explain(path, cause);
    }
  }
}

function toPath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new SourceError("invalid", `Cannot read artifact URL "${url}"`, {
      cause,
    });
  }
}

async function openRegular(
  path: string,
): Promise<{ file: Deno.FsFile; length: number }> {
  // Opening a pipe would wait for its other end for ever, so look first.
  if (!(await Deno.stat(path)).isFile) throw notRegular(path);
  const file = await Deno.open(path);
  try {
    const { isFile, size } = await file.stat();
    if (!isFile) throw notRegular(path);
    return { file, length: size };
  } catch (error) {
    file.close();
    throw error;
  }
}

function notRegular(path: string): SourceError {
  return new SourceError(
    "not-found",
    `Cannot open artifact "${path}": it is not a regular file`,
    { hint: "Publish the artifact as a file" },
  );
}

function explain(path: string, cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause;
  const code = systemErrorCode(cause) ?? "";
  const message = `Cannot open artifact "${path}"`;
  if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) {
    return new SourceError("not-found", message, {
      hint: "Check that the version was not withdrawn",
      cause,
    });
  }
  if (["EACCES", "EPERM"].includes(code)) {
    return new SourceError("denied", message, {
      hint: "Check owner and mode of the file, and the user dewy runs as",
      cause,
    });
  }
  return new SourceError("unavailable", message, { hint: DISK_HINT, cause });
}

function streamOf(
  file: Deno.FsFile,
  options: { readonly path: string; readonly signal: AbortSignal },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { path, signal } = options;
  let isOpen = true;
  let onAbort = () => {};
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    signal.removeEventListener("abort", onAbort);
    file.close();
  };
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_BYTES,
    start(controller) {
      onAbort = () => {
        controller.error(signal.reason);
        close();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    },
    async pull(controller) {
      try {
        const { request, view } = requestOf(controller);
        const count = await file.read(view);
        if (!isOpen) return;
        if (count !== null) return request.respond(count);
        close();
        controller.close();
        request.respond(0);
      } catch (cause) {
        // A read that the closing of the file broke off is no failure.
        if (!isOpen) return;
        close();
        throw new SourceError(
          "unavailable",
          `Cannot read artifact "${path}"`,
          { hint: DISK_HINT, cause },
        );
      }
    },
    cancel: close,
  });
}
