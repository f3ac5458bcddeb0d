import { formatSize } from "../../base/size.ts";
import { type DoctorContext, fail, type Finding, ok, warn } from "./finding.ts";
import { outputOf } from "./output_of.ts";

const MIB = 1024 * 1024;
/** With less than this a deploy is likely to fail; bytes. */
const LEAST_BYTES = 100 * MIB;
const FEW_BYTES = 1024 * MIB;
const LEAST_INODES = 1_000;
const FEW_INODES = 20_000;
/** A server with fewer has no room for a burst of connections. */
const FEW_FILES = 1_024;
/** Per connection of the proxy: the client's and the backend's. */
const FILES_PER_CONNECTION = 2;

/** Looks at the room that is left where dewy works. */
export async function checkDisk(
  { root }: DoctorContext,
): Promise<readonly Finding[]> {
  const remedy = "Free space, or lower --keep-releases";
  const bytes = 1024 * await freeOf(root, "-Pk");
  const space = level("disk", bytes, [LEAST_BYTES, FEW_BYTES], {
    message: `${formatSize(bytes)} are free in "${root}"`,
    remedy,
  });
  const inodes = await freeOf(root, "-Pi");
  // File systems that make them as they go show 0 of 0, or a dash.
  if (!Number.isFinite(inodes)) return [space];
  const entries = level("inodes", inodes, [LEAST_INODES, FEW_INODES], {
    message: `${inodes} files can be made in "${root}"`,
    remedy,
  });
  return [space, entries];
}

/** Looks at how many files and connections a dewy started from here may have open. */
export async function checkOpenFiles(
  { settings }: DoctorContext,
): Promise<readonly Finding[]> {
  const [, hard = ""] = (await outputOf("sh", [
    "-c",
    "ulimit -Sn; ulimit -Hn",
  ])).split("\n");
  const name = "open files";
  // The runtime raises its own limit to the hard one.
  const files = hard === "unlimited" ? Infinity : Number(hard);
  const wanted = settings.command === "container"
    ? FEW_FILES +
      settings.proxy.limits.maxConnections * FILES_PER_CONNECTION *
        Math.max(1, settings.ports.length)
    : FEW_FILES;
  const message = `${hard} may be open at once`;
  if (files >= wanted) return [ok(name, message)];
  return [
    warn(
      name,
      `${message}, and up to ${wanted} may be wanted`,
      settings.command === "container"
        ? "Raise it (ulimit -n, LimitNOFILE=), or lower --proxy-max-connections"
        : "Raise it (ulimit -n, LimitNOFILE=)",
    ),
  ];
}

function level(
  name: string,
  value: number,
  [least, few]: readonly [number, number],
  { message, remedy }: { readonly message: string; readonly remedy: string },
): Finding {
  if (value < least) return fail(name, message, remedy);
  return value < few ? warn(name, message, remedy) : ok(name, message);
}

/** The fourth column of `df -P` is what an ordinary user may still take. */
async function freeOf(path: string, flags: string): Promise<number> {
  const [, line = ""] = (await outputOf("df", [flags, path])).split("\n");
  // The name of a device may hold blanks, so columns are counted from the sizes.
  const [, total, , free] = /\s(\d+|-)\s+(\d+|-)\s+(\d+|-)\s+(?:\d+%|-)/
    .exec(line) ?? [];
  return total === "0" || total === "-" ? NaN : Number(free);
}
