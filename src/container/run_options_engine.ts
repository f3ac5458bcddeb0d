import { BadValue, type SupportedRunOption } from "./run_option.ts";
import { formed, keyValue, put } from "./run_option_values.ts";

/** How the engine names, marks and runs the container. */
export const ENGINE_OPTIONS: readonly SupportedRunOption[] = [
  {
    name: "name",
    takes: "NAME",
    field: "the base of the containers' names",
    example: "web",
    note: "dewy adds the time and the number of the replica",
    set: (draft, value) => {
      draft.baseName = formed(
        value,
        /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
        'be letters, digits, "_", "." and "-"',
      );
    },
  },
  {
    name: "label",
    short: "l",
    takes: "NAME[=VALUE]",
    field: "Labels",
    example: "team=web",
    note: 'Not those that begin with "dewy."',
    repeatable: true,
    secret: true,
    set: (draft, value) => {
      const [key, text] = keyValue(value);
      if (/\s/.test(key)) throw new BadValue("have a name without blanks");
      if (key.startsWith("dewy.")) {
        throw new BadValue(
          'not begin with "dewy.": dewy knows its containers by these labels',
        );
      }
      put(draft.body.Labels ??= {}, key, text);
    },
  },
  {
    name: "annotation",
    takes: "NAME=VALUE",
    field: "HostConfig.Annotations",
    example: "org.example.tier=front",
    note: "Engine API 1.43",
    repeatable: true,
    secret: true,
    set: (draft, value) =>
      put(draft.host.Annotations ??= {}, ...keyValue(value)),
  },
  {
    name: "log-driver",
    takes: "NAME",
    field: "HostConfig.LogConfig.Type",
    example: "journald",
    note:
      "With one that cannot be read back, dewy cannot show the last lines of a failed container",
    set: (draft, value) => {
      (draft.host.LogConfig ??= {}).Type = value;
    },
  },
  {
    name: "log-opt",
    takes: "NAME=VALUE",
    field: "HostConfig.LogConfig.Config",
    example: "max-size=10m",
    repeatable: true,
    secret: true,
    set: (draft, value) => {
      const config = (draft.host.LogConfig ??= {}).Config ??= {};
      put(config, ...keyValue(value));
    },
  },
  {
    name: "runtime",
    takes: "NAME",
    field: "HostConfig.Runtime",
    example: "runsc",
    note: "The OCI runtime; the engine is --runtime before the --",
    set: (draft, value) => {
      draft.host.Runtime = value;
    },
  },
  {
    name: "cgroup-parent",
    takes: "CGROUP",
    field: "HostConfig.CgroupParent",
    example: "web.slice",
    set: (draft, value) => {
      draft.host.CgroupParent = value;
    },
  },
  {
    name: "platform",
    takes: "OS/ARCH",
    field: "the platform that is pulled and created",
    example: "linux/arm64",
    set: (draft, value) => {
      draft.platform = formed(
        value,
        /^[a-z0-9]+(?:\/[a-z0-9_]+){0,2}$/i,
        'be written "linux/arm64"',
      );
    },
  },
];
