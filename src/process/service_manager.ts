import { SourceError } from "../base/errors.ts";
import { type Libc, openLibc } from "./libc.ts";
import { AF_UNIX } from "./socket_address.ts";

/** Room for the path in a Linux Unix socket address, its final zero byte included. */
const PATH_BYTES = 108;
const SOCK_DGRAM = 2;
/** Linux's `SOCK_CLOEXEC`: no child inherits the socket. */
const SOCK_CLOEXEC = 0o2000000;
/** Linux's `MSG_DONTWAIT | MSG_NOSIGNAL`: a manager that does not read must not hold dewy up. */
const SEND_FLAGS = 0x4040;
/** Two messages for each period, as sd_watchdog_enabled(3) advises. */
const MESSAGES_PER_PERIOD = 2;

/** What a service manager tells one process, and what that must not hand on. */
export const SERVICE_VARIABLES: readonly string[] = [
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_FDNAMES",
  "NOTIFY_SOCKET",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
];

/** Returns the environment for whatever dewy starts. */
export function withoutServiceManager(
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const rest = { ...env };
  for (const name of SERVICE_VARIABLES) delete rest[name];
  return rest;
}

/** What a {@link ServiceManager} is opened with. */
export interface ServiceManagerOptions {
  /** dewy's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
}

/**
 * The service manager that started dewy, systemd as a rule, spoken to as
 * sd_notify(3) describes: datagrams of `NAME=value` lines to `NOTIFY_SOCKET`.
 * Linux only.
 */
export class ServiceManager implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #watchdog: ReturnType<typeof setInterval> | undefined;
  #last = "";

  private constructor(libc: Libc, fd: number, watchdogMs: number | undefined) {
    this.#libc = libc;
    this.#fd = fd;
    // A process whose event loop hangs sends none, and is restarted.
    this.#watchdog = watchdogMs === undefined ? undefined : setInterval(
      () => this.tell("WATCHDOG=1"),
      watchdogMs / MESSAGES_PER_PERIOD,
    );
  }

  /**
   * Opens the way to the service manager, before native code is given up;
   * `undefined` when none asked for messages.
   *
   * @throws {SourceError} When it cannot be reached.
   */
  static open(
    { env, pid }: ServiceManagerOptions,
  ): ServiceManager | undefined {
    const name = env["NOTIFY_SOCKET"] ?? "";
    if (name === "" || Deno.build.os !== "linux") return undefined;
    const address = addressOf(name);
    if (address === undefined) throw unreachable(name);
    const libc = openLibc();
    const fd = libc.call.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw unreachable(name);
    if (libc.call.connect(fd, address, address.length) !== 0) {
      libc.call.close(fd);
      throw unreachable(name);
    }
    return new ServiceManager(libc, fd, watchdogMs(env, pid));
  }

  /** Tells how things are, unless that was the last thing told; what every poll repeats is no news. */
  report(assignments: readonly string[]): void {
    const text = assignments.join("\n");
    if (text === "" || text === this.#last) return;
    this.#last = text;
    this.tell(text);
  }

  /** Sends assignments such as `READY=1`; returns whether they went out. */
  tell(...assignments: readonly string[]): boolean {
    const bytes = new TextEncoder().encode(assignments.join("\n"));
    const { call } = this.#libc;
    return call.send(this.#fd, bytes, BigInt(bytes.length), SEND_FLAGS) ===
      BigInt(bytes.length);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#watchdog);
    this.#libc.call.close(this.#fd);
  }
}

function unreachable(name: string): SourceError {
  return new SourceError(
    "unavailable",
    `Cannot reach the service manager at NOTIFY_SOCKET "${name}"`,
    {
      hint:
        "systemd sets it for Type=notify; start dewy without it where no systemd listens",
    },
  );
}

/**
 * Returns the period within which the service manager wants to hear from this
 * process, milliseconds, as sd_watchdog_enabled(3) reads it.
 */
function watchdogMs(
  env: ServiceManagerOptions["env"],
  pid: number,
): number | undefined {
  const meant = env["WATCHDOG_PID"] ?? "";
  const microseconds = Number(env["WATCHDOG_USEC"] ?? "");
  if (!(microseconds > 0) || !Number.isFinite(microseconds)) return undefined;
  return meant === "" || meant === String(pid)
    ? microseconds / 1000
    : undefined;
}

/** Returns the `sockaddr_un` of a path, or of an abstract name that begins with `@`. */
function addressOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[/@]./.test(text)) return undefined;
  const isAbstract = text.startsWith("@");
  const name = new TextEncoder().encode(
    isAbstract ? `\0${text.slice(1)}` : text,
  );
  if (name.length >= PATH_BYTES) return undefined;
  // An abstract name ends with the address, a path with a zero.
  const bytes = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  bytes.set([AF_UNIX & 255, AF_UNIX >> 8]);
  bytes.set(name, 2);
  return bytes;
}
