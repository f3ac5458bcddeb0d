import type { Mount } from "./host_config.ts";
import { bindSource, mountTarget, refuseEngine } from "./mount_source.ts";
import { BadValue, type RunDraft, type RunSurroundings } from "./run_option.ts";
import {
  bytes,
  csvFields,
  flag,
  formed,
  keyValue,
  put,
} from "./run_option_values.ts";

const TYPES = ["bind", "volume", "tmpfs"] as const;

/** How each key of `--mount` changes the mount; a key that may stand alone is a boolean. */
const KEYS: Readonly<Record<string, (mount: Mount, value: string) => void>> = {
  type: (mount, value) => mount.Type = mountType(value),
  source: (mount, value) => mount.Source = value,
  target: (mount, value) => mount.Target = value,
  readonly: (mount, value) => mount.ReadOnly = flag(value),
  consistency: (mount, value) => mount.Consistency = value.toLowerCase(),
  "bind-propagation": (mount, value) =>
    bind(mount).Propagation = value.toLowerCase(),
  "bind-nonrecursive": (mount, value) => bind(mount).NonRecursive = flag(value),
  "bind-recursive": (mount, value) => setRecursive(bind(mount), value),
  "volume-nocopy": (mount, value) => volume(mount).NoCopy = flag(value),
  "volume-label": (mount, value) =>
    put(volume(mount).Labels ??= {}, ...keyValue(value)),
  "volume-driver": (mount, value) => driver(mount).Name = value,
  "volume-opt": (mount, value) =>
    put(driver(mount).Options ??= {}, ...keyValue(value)),
  "volume-subpath": (mount, value) => volume(mount).Subpath = value,
  "tmpfs-size": (mount, value) => tmpfs(mount).SizeBytes = bytes(value),
  "tmpfs-mode": (mount, value) =>
    tmpfs(mount).Mode = parseInt(
      formed(value, /^[0-7]{1,5}$/, 'have a mode such as "1777"'),
      8,
    ),
};

const OTHER_NAMES: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
};
const ALONE = new Set(["readonly", "volume-nocopy", "bind-nonrecursive"]);

/** Adds `--mount KEY=VALUE,…`. */
export function addMount(draft: RunDraft, value: string): void {
  const mount: Mount = { Type: "volume", Target: "" };
  for (const field of csvFields(value)) {
    const [written, given] = splitField(field);
    const key = Object.hasOwn(OTHER_NAMES, written)
      ? OTHER_NAMES[written] ?? written
      : written;
    const set = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (set === undefined) {
      // A field without "=" may be the rest of a password with a comma.
      const named = given === undefined ? "" : ` "${written}"`;
      throw new BadValue(`not have an unknown key${named}`, {
        hint: `Keys: ${Object.keys(KEYS).join(", ")}`,
      });
    }
    if (given === undefined && !ALONE.has(key)) {
      throw new BadValue(`have a value for "${written}": ${written}=VALUE`);
    }
    set(mount, given ?? "true");
  }
  finishMount(mount, draft.surroundings);
  (draft.host.Mounts ??= []).push(mount);
}

function splitField(field: string): [key: string, value: string | undefined] {
  const equals = field.indexOf("=");
  if (equals === -1) return [field, undefined];
  return [field.slice(0, equals), field.slice(equals + 1)];
}

function finishMount(mount: Mount, surroundings: RunSurroundings): void {
  mountTarget(mount.Target);
  const groups = {
    bind: mount.BindOptions,
    volume: mount.VolumeOptions,
    tmpfs: mount.TmpfsOptions,
  };
  for (const type of TYPES) {
    if (type !== mount.Type && groups[type] !== undefined) {
      throw new BadValue(`not mix "${type}-…" with type=${mount.Type}`);
    }
  }
  if (mount.Type === "bind") {
    mount.Source = bindSource(mount.Source ?? "", surroundings);
  } else if (mount.Type === "tmpfs" && mount.Source !== undefined) {
    throw new BadValue("not have a source with type=tmpfs");
  } else if (mount.Source?.includes("/")) {
    throw new BadValue("have type=bind when its source is a path");
  }
  // The local driver mounts any folder of the host under the name of a volume.
  const device = mount.VolumeOptions?.DriverConfig?.Options?.["device"];
  if (device?.startsWith("/")) refuseEngine(device, surroundings);
}

function mountType(value: string): Mount["Type"] {
  const type = TYPES.find((name) => name === value.toLowerCase());
  if (type !== undefined) return type;
  throw new BadValue(`have a type of ${TYPES.join(", ")}`);
}

function bind(mount: Mount): NonNullable<Mount["BindOptions"]> {
  return mount.BindOptions ??= {};
}

function volume(mount: Mount): NonNullable<Mount["VolumeOptions"]> {
  return mount.VolumeOptions ??= {};
}

function driver(
  mount: Mount,
): { Name?: string; Options?: Record<string, string> } {
  return volume(mount).DriverConfig ??= {};
}

function tmpfs(mount: Mount): NonNullable<Mount["TmpfsOptions"]> {
  return mount.TmpfsOptions ??= {};
}

/** Which mounts below the source come along, and which of them are read-only. */
function setRecursive(
  options: NonNullable<Mount["BindOptions"]>,
  value: string,
): void {
  if (value === "disabled") options.NonRecursive = true;
  else if (value === "writable") options.ReadOnlyNonRecursive = true;
  else if (value === "readonly") options.ReadOnlyForceRecursive = true;
  else if (value !== "enabled") {
    throw new BadValue(
      'have "enabled", "disabled", "writable" or "readonly" for bind-recursive',
    );
  }
}
