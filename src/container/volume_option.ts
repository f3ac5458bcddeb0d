import { mountTarget, volumeSource } from "./mount_source.ts";
import { BadValue, type RunDraft } from "./run_option.ts";
import { put } from "./run_option_values.ts";

/** What docker and podman know in the third part of `--volume`. */
const MODES = new Set([
  ...["ro", "rw", "z", "Z", "nocopy", "U", "O", "idmap"],
  ...["shared", "slave", "private", "rshared", "rslave", "rprivate"],
  ...["consistent", "cached", "delegated"],
  ...["exec", "noexec", "dev", "nodev", "suid", "nosuid"],
]);

/** Adds `--volume [SOURCE:]TARGET[:MODE,…]`. */
export function addVolume(draft: RunDraft, value: string): void {
  const [first = "", second, mode, ...more] = value.split(":");
  if (more.length > 0) throw new BadValue('have at most two ":"');
  if (second === undefined) {
    mountTarget(first);
    draft.body.Volumes ??= {};
    put(draft.body.Volumes, first, {});
    return;
  }
  const source = volumeSource(first, draft.surroundings);
  mountTarget(second);
  for (const word of mode?.split(",") ?? []) {
    if (!MODES.has(word)) {
      throw new BadValue(`not have the mode "${word}"`, {
        hint: `Modes: ${[...MODES].join(", ")}`,
      });
    }
  }
  const bind = [source, second, ...(mode === undefined ? [] : [mode])];
  (draft.host.Binds ??= []).push(bind.join(":"));
}

/** Adds `--tmpfs TARGET[:OPTIONS]`; the engine reads the options. */
export function addTmpfs(draft: RunDraft, value: string): void {
  const [, target = "", options = ""] = /^([^:]*):?(.*)$/s.exec(value) ?? [];
  mountTarget(target);
  put(draft.host.Tmpfs ??= {}, target, options);
}
