import { SourceError } from "./errors.ts";

/** What went wrong, and what the operator can do about it. */
type Advice = readonly [what: string, hint: string];

const NO_ADDRESS: Advice = [
  "this host does not have that address",
  "Check the address with: ip address",
];
const TCP: Readonly<Record<string, Advice>> = {
  EADDRINUSE: [
    "the address is in use",
    "Find who listens there (ss -ltnp), stop it, or choose another --port",
  ],
  EACCES: [
    "permission denied",
    "Ports below 1024 need root or CAP_NET_BIND_SERVICE",
  ],
  EADDRNOTAVAIL: NO_ADDRESS,
  EAFNOSUPPORT: NO_ADDRESS,
};

const NO_ACCESS: Advice = [
  "permission denied",
  "Let the user dewy runs as write to the folder of the socket, or choose another path",
];
const UNIX: Readonly<Record<string, Advice>> = {
  EADDRINUSE: [
    "the address is in use",
    "Find who listens there (ss -lxp), and stop it",
  ],
  EACCES: NO_ACCESS,
  EPERM: NO_ACCESS,
  ENOENT: [
    "its folder does not exist",
    "Create the folder first, writable for the user dewy runs as",
  ],
  ENOTDIR: [
    "a part of the path is no folder",
    "Choose another path, or remove the file that is in the way",
  ],
  EROFS: [
    "the file system is read-only",
    "Choose a path on a writable file system, such as below /run",
  ],
};

/** Returns the error for an address that the system refused with `code`, such as `EACCES`. */
export function listenFailure(
  spec: string,
  options: {
    readonly kind: "tcp" | "unix";
    readonly code: string;
    readonly cause?: unknown;
  },
): SourceError {
  const { kind, code, cause } = options;
  const [what, hint] = (kind === "unix" ? UNIX : TCP)[code] ??
    [code, "Check the address and the limits of the host"];
  return new SourceError("unavailable", `Cannot listen on "${spec}": ${what}`, {
    hint,
    cause,
  });
}
