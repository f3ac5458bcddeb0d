/**
 * The few C library calls behind listening sockets that children inherit:
 * neither `Deno.listen` nor `node:net` shows the descriptor of its socket, and
 * what `node:child_process` passes on it first makes blocking, for every process
 * that has the same socket.
 *
 * @module
 */
import { SourceError } from "../base/errors.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  ioctl: { parameters: ["i32", "u64"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  // Variadic in C; called without further arguments, which every ABI passes alike.
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  posix_memalign: { parameters: ["buffer", "usize", "usize"], result: "i32" },
  free: { parameters: ["usize"], result: "void" },
  copy_in: {
    name: "memcpy",
    parameters: ["usize", "buffer", "usize"],
    result: "usize",
  },
  posix_spawn: {
    parameters: ["buffer", "usize", "buffer", "buffer", "usize", "usize"],
    result: "i32",
  },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_adddup2: {
    parameters: ["buffer", "i32", "i32"],
    result: "i32",
  },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "usize", "i32", "u32"],
    result: "i32",
  },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigmask: {
    parameters: ["buffer", "buffer"],
    result: "i32",
  },
  posix_spawnattr_setsigdefault: {
    parameters: ["buffer", "buffer"],
    result: "i32",
  },
  sigemptyset: { parameters: ["buffer"], result: "i32" },
  sigaddset: { parameters: ["buffer", "i32"], result: "i32" },
  // Waits on a thread of its own.
  waitpid: {
    parameters: ["i32", "buffer", "i32"],
    result: "i32",
    nonblocking: true,
  },
  // Reads errno: with FFI limited to one library, `Deno.UnsafePointerView` is refused.
  memcpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer" },
} as const;

const LINUX_ERRNO = {
  __errno_location: { parameters: [], result: "pointer" },
} as const;
const DARWIN_ERRNO = {
  __error: { parameters: [], result: "pointer" },
} as const;

/**
 * Where the C library is, by operating system; the first that opens is used.
 * The compiled program is granted FFI for these exact paths and no other.
 */
export const LIBC_PATHS: Readonly<Record<string, readonly string[]>> = {
  linux: [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
  ],
  darwin: ["/usr/lib/libSystem.B.dylib"],
};

type Calls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The opened library. */
export interface Libc {
  readonly call: Calls;
  /** Returns the `errno` of the last failed call. */
  errno(): number;
}

/**
 * Opens the C library of this host. Give up the `ffi` permission afterwards:
 * what was opened keeps working.
 *
 * @throws {SourceError} When it is at none of the known places.
 */
export function openLibc(): Libc {
  const paths = LIBC_PATHS[Deno.build.os] ?? [];
  const failures: unknown[] = [];
  for (const path of paths) {
    try {
      return Deno.build.os === "darwin" ? openDarwin(path) : openLinux(path);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new SourceError(
    "unavailable",
    `Cannot use the C library: none at ${
      paths.join(", ") || "any place known for this system"
    }`,
    {
      cause: failures.at(-1),
      hint: "dewy server runs on Linux (glibc or musl) and macOS",
    },
  );
}

function openLinux(path: string): Libc {
  const { symbols } = Deno.dlopen(path, { ...SYMBOLS, ...LINUX_ERRNO });
  return {
    call: symbols,
    errno: () => readErrno(symbols, symbols.__errno_location()),
  };
}

function openDarwin(path: string): Libc {
  const { symbols } = Deno.dlopen(path, { ...SYMBOLS, ...DARWIN_ERRNO });
  return { call: symbols, errno: () => readErrno(symbols, symbols.__error()) };
}

function readErrno(calls: Calls, location: Deno.PointerValue): number {
  const value = new Int32Array(1);
  calls.memcpy(new Uint8Array(value.buffer), location, 4n);
  return value[0] ?? 0;
}
