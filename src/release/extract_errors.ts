import {
  ArtifactError,
  type ArtifactErrorCode,
  DewyError,
  errorMessage,
  FilesystemError,
  systemErrorCode,
} from "../base/errors.ts";

const MAX_QUOTED = 200;

/** What the system answers when a name itself is the problem, not the host. */
const NAME_PROBLEMS: Readonly<Record<string, string>> = {
  EEXIST: "the same name was already unpacked",
  ENAMETOOLONG: "the name is too long for this file system",
  EILSEQ: "the name is not valid on this file system",
};

/** Returns `name` in quotes, its control characters escaped and its length bounded, as a message can hold it. */
export function quote(name: string): string {
  const short = name.length > MAX_QUOTED
    ? `${name.slice(0, MAX_QUOTED)}...`
    : name;
  return JSON.stringify(short);
}

/** The archive would write outside its folder, or holds what no release may hold. */
export function refused(path: string, reason: string): ArtifactError {
  return new ArtifactError(
    "refused",
    `Cannot unpack ${quote(path)}: ${reason}`,
    {
      hint:
        "Pack the release again with files, folders and links that stay inside it, and nothing else",
    },
  );
}

/** The archive cannot be read to its end. */
export function corrupt(reason: string, cause?: unknown): ArtifactError {
  const message = `Cannot read the archive: ${reason}`;
  const hint =
    "Publish the version again: the file is damaged, or its upload was cut short";
  return new ArtifactError(
    "corrupt",
    message,
    cause === undefined ? { hint } : { hint, cause },
  );
}

/** A limit was passed. */
export function tooLarge(reason: string): ArtifactError {
  return new ArtifactError(
    "too-large",
    `Cannot unpack the archive: ${reason}`,
    {
      hint:
        "If the artifact is meant to be so, raise --max-expanded-size or --max-entries",
    },
  );
}

/** The archive uses a feature that no reader here has. */
export function unsupported(reason: string, cause?: unknown): ArtifactError {
  const code: ArtifactErrorCode = "unsupported";
  const message = `Cannot read the archive: ${reason}`;
  return new ArtifactError(code, message, cause === undefined ? {} : { cause });
}

/** Turns what the system threw while `path` was written into the fault of the archive or of the host. */
export function writeFailure(path: string, cause: unknown): DewyError {
  if (cause instanceof DewyError) return cause;
  const code = cause instanceof Deno.errors.AlreadyExists
    ? "EEXIST"
    : systemErrorCode(cause) ?? "";
  const problem = NAME_PROBLEMS[code];
  if (problem !== undefined) return refused(path, problem);
  return FilesystemError.wrap(`Cannot write ${quote(path)}`, cause);
}

/** Turns what a decompressor threw into `corrupt`; what dewy itself threw on the way stays as it is. */
export function readFailure(cause: unknown): DewyError {
  if (cause instanceof DewyError) return cause;
  return corrupt(errorMessage(cause), cause);
}
