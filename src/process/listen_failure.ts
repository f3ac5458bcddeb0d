import { DewyError, systemErrorCode } from "../base/errors.ts";
import { listenFailure } from "../base/listen_failure.ts";
import type { SocketConstants } from "./socket_address.ts";

/** Numbers that Linux and macOS have in common. */
const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  13: "EACCES",
  20: "ENOTDIR",
  30: "EROFS",
};

/** Returns the name of an `errno`, or the number as text where no advice needs it. */
export function errnoName(errno: number, constants: SocketConstants): string {
  const { eaddrinuse, eaddrnotavail, eafnosupport } = constants;
  if (errno === eaddrinuse) return "EADDRINUSE";
  if (errno === eaddrnotavail) return "EADDRNOTAVAIL";
  if (errno === eafnosupport) return "EAFNOSUPPORT";
  return ERRNO_NAMES[errno] ?? `errno ${errno}`;
}

/** Returns what a step on a socket file threw, as the error of its address. */
export function socketFileFailure(spec: string, cause: unknown): DewyError {
  if (cause instanceof DewyError) return cause;
  const code = systemErrorCode(cause) ?? "the path cannot be used";
  return listenFailure(spec, { kind: "unix", code, cause });
}
