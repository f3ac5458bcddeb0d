import { constants } from "node:os";
import { ApplicationError } from "../base/errors.ts";
import type { ProcessExit } from "../base/event.ts";
import type { Libc } from "./libc.ts";

/** What to start. */
export interface SpawnSpec {
  /** Absolute path of the program. */
  readonly file: string;
  /** Its arguments, without its name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors of this process that the child gets as 3, 4, …; they stand above that row. */
  readonly fds: readonly number[];
}

/** A process that was started. */
export interface SpawnedProcess {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly exited: Promise<ProcessExit>;
}

/** Room for the opaque types `posix_spawn_file_actions_t`, `posix_spawnattr_t` and `sigset_t`; the largest has 336 bytes. */
const OPAQUE_BYTES = 512;
const POINTER_BYTES = 8;
const FIRST_FD = 3;
const O_RDONLY = 0;

/** From `<spawn.h>` of glibc, musl and macOS. */
const SPAWN_SETSIGDEF = 0x04;
const SPAWN_SETSIGMASK = 0x08;
const SPAWN_SETSID = Deno.build.os === "darwin" ? 0x0400 : 0x80;

/**
 * Starts a process that leads a session of its own and inherits listening
 * sockets, by posix_spawn(3). Unlike `node:child_process` it leaves the sockets'
 * mode alone: that one makes them blocking, for all processes that share them,
 * and a worker with an event loop then hangs in `accept`.
 *
 * stdin is empty, stdout and stderr are dewy's, the working directory too.
 *
 * @throws {ApplicationError} When the system refuses.
 */
export function posixSpawn(libc: Libc, spec: SpawnSpec): SpawnedProcess {
  const { call } = libc;
  const actions = new Uint8Array(OPAQUE_BYTES);
  const attributes = new Uint8Array(OPAQUE_BYTES);
  const image = new MemoryImage(spec);
  const base = allocate(libc, image.bytes.length);
  try {
    call.copy_in(base, image.at(base), BigInt(image.bytes.length));
    call.posix_spawn_file_actions_init(actions);
    call.posix_spawnattr_init(attributes);
    addActions(libc, actions, { spec, devNull: base + image.devNull });
    setAttributes(libc, attributes);
    const pid = new Int32Array(1);
    const error = call.posix_spawn(
      new Uint8Array(pid.buffer),
      base + image.file,
      actions,
      attributes,
      base + image.argv,
      base + image.envp,
    );
    if (error !== 0) throw spawnFailure(spec.file, error);
    return { pid: pid[0] ?? 0, exited: waitFor(libc, pid[0] ?? 0) };
  } finally {
    call.posix_spawn_file_actions_destroy(actions);
    call.posix_spawnattr_destroy(attributes);
    call.free(base);
  }
}

function addActions(
  { call }: Libc,
  actions: Uint8Array<ArrayBuffer>,
  { spec, devNull }: { readonly spec: SpawnSpec; readonly devNull: bigint },
): void {
  call.posix_spawn_file_actions_addopen(actions, 0, devNull, O_RDONLY, 0);
  spec.fds.forEach((fd, index) => {
    call.posix_spawn_file_actions_adddup2(actions, fd, FIRST_FD + index);
  });
}

/** A fresh session, no signal blocked, and SIGPIPE, which this runtime ignores, as a program expects it. */
function setAttributes(
  { call }: Libc,
  attributes: Uint8Array<ArrayBuffer>,
): void {
  const none = new Uint8Array(OPAQUE_BYTES);
  const defaults = new Uint8Array(OPAQUE_BYTES);
  call.sigemptyset(none);
  call.sigemptyset(defaults);
  call.sigaddset(defaults, constants.signals.SIGPIPE);
  call.posix_spawnattr_setsigmask(attributes, none);
  call.posix_spawnattr_setsigdefault(attributes, defaults);
  call.posix_spawnattr_setflags(
    attributes,
    SPAWN_SETSIGDEF | SPAWN_SETSIGMASK | SPAWN_SETSID,
  );
}

async function waitFor({ call }: Libc, pid: number): Promise<ProcessExit> {
  const status = new Int32Array(1);
  const waited = await call.waitpid(pid, new Uint8Array(status.buffer), 0);
  if (waited !== pid) return { code: null, signal: null };
  const [value = 0] = status;
  const signal = value & 0x7f;
  return signal === 0
    ? { code: (value >> 8) & 0xff, signal: null }
    : { code: null, signal: signalName(signal) };
}

function signalName(number: number): string {
  const entry = Object.entries(constants.signals)
    .find(([, value]) => value === number);
  return entry?.[0] ?? `signal ${number}`;
}

function allocate({ call }: Libc, bytes: number): bigint {
  const address = new BigUint64Array(1);
  const error = call.posix_memalign(
    new Uint8Array(address.buffer),
    BigInt(2 * POINTER_BYTES),
    BigInt(bytes),
  );
  if (error !== 0) throw spawnFailure("a worker", error);
  return address[0] ?? 0n;
}

function spawnFailure(what: string, errno: number): ApplicationError {
  const [name = `errno ${errno}`] = Object.entries(constants.errno)
    .find(([, value]) => value === errno) ?? [];
  return new ApplicationError(`Cannot start "${what}": ${name}`, {
    hint: name === "E2BIG"
      ? "The environment and the arguments are too long together"
      : "Check the limits of this host: processes (ulimit -u) and memory",
  });
}

/**
 * The memory that a spawn reads: the argument and environment vectors, and the
 * strings they point to, laid out so that it is copied in one piece.
 */
class MemoryImage {
  /** Offsets in it. */
  readonly argv: bigint;
  readonly envp: bigint;
  readonly file: bigint;
  readonly devNull: bigint;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Places that hold a pointer, and the offset it points to. */
  #pointers: (readonly [place: number, target: number])[] = [];

  constructor({ file, args, env }: SpawnSpec) {
    const argv = [file, ...args];
    const envp = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const strings = [...argv, ...envp, "/dev/null"].map((text) =>
      new TextEncoder().encode(`${text}\0`)
    );
    // Each vector ends with a null pointer.
    const pointers = argv.length + envp.length + 2;
    const offsets = offsetsOf(strings, pointers * POINTER_BYTES);
    const end = offsets.at(-1) ?? 0;
    this.bytes = new Uint8Array(end + (strings.at(-1)?.length ?? 0));
    strings.forEach((string, index) => this.bytes.set(string, offsets[index]));
    this.argv = 0n;
    this.envp = BigInt((argv.length + 1) * POINTER_BYTES);
    this.file = BigInt(offsets[0] ?? 0);
    this.devNull = BigInt(end);
    this.#pointers = offsets.slice(0, -1).map((target, index) => [
      (index < argv.length ? index : index + 1) * POINTER_BYTES,
      target,
    ]);
  }

  /** Returns the bytes with their pointers set for memory that begins at `base`. */
  at(base: bigint): Uint8Array<ArrayBuffer> {
    const view = new DataView(this.bytes.buffer);
    for (const [place, target] of this.#pointers) {
      view.setBigUint64(place, base + BigInt(target), LITTLE_ENDIAN);
    }
    return this.bytes;
  }
}

/** Every system that dewy is built for stores the low byte first. */
const LITTLE_ENDIAN = true;

function offsetsOf(
  strings: readonly Uint8Array[],
  start: number,
): readonly number[] {
  let offset = start;
  return strings.map(({ length }) => {
    const own = offset;
    offset += length;
    return own;
  });
}
