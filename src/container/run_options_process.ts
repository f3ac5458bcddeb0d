import { addEnv } from "./env_option.ts";
import { BadValue, type SupportedRunOption } from "./run_option.ts";
import { flag, formed, pair, put, whole } from "./run_option_values.ts";
import {
  addUlimit,
  restartPolicy,
  SYSCTL,
  withCapability,
} from "./process_values.ts";

/** What runs in the container, and as whom. */
export const PROCESS_OPTIONS: readonly SupportedRunOption[] = [
  {
    name: "env",
    short: "e",
    takes: "NAME[=VALUE]",
    field: "Env",
    example: "COLOUR=red",
    note: "Without a value: dewy's own variable of that name",
    repeatable: true,
    secret: true,
    set: (draft, value) => addEnv(draft, value),
  },
  {
    name: "env-file",
    takes: "FILE",
    field: "Env",
    example: "/etc/web.env",
    note: "Read when dewy starts; --env wins over it",
    repeatable: true,
    set: (draft, value) => {
      draft.envFiles.push(formed(value, /./s, "name a file"));
    },
  },
  {
    name: "entrypoint",
    takes: "PROGRAM",
    field: "Entrypoint",
    example: "/bin/web",
    note: "One word; its arguments are --cmd of dewy",
    set: (draft, value) => {
      draft.body.Entrypoint = [value];
    },
  },
  {
    name: "workdir",
    short: "w",
    takes: "FOLDER",
    field: "WorkingDir",
    example: "/srv",
    set: (draft, value) => {
      draft.body.WorkingDir = value;
    },
  },
  {
    name: "user",
    short: "u",
    takes: "USER[:GROUP]",
    field: "User",
    example: "1000:1000",
    note:
      'Default: the user and group of dewy; "" is the user that the image names, "0:0" is root',
    set: (draft, value) => {
      draft.body.User = value;
    },
  },
  {
    name: "group-add",
    takes: "GROUP",
    field: "HostConfig.GroupAdd",
    example: "audio",
    repeatable: true,
    set: (draft, value) => {
      (draft.host.GroupAdd ??= []).push(value);
    },
  },
  {
    name: "hostname",
    short: "h",
    takes: "NAME",
    field: "Hostname",
    example: "web",
    set: (draft, value) => {
      draft.body.Hostname = value;
    },
  },
  {
    name: "domainname",
    takes: "NAME",
    field: "Domainname",
    example: "example.org",
    set: (draft, value) => {
      draft.body.Domainname = value;
    },
  },
  {
    name: "init",
    field: "HostConfig.Init",
    example: "true",
    set: (draft, value) => {
      draft.host.Init = flag(value);
    },
  },
  {
    name: "read-only",
    field: "HostConfig.ReadonlyRootfs",
    example: "true",
    set: (draft, value) => {
      draft.host.ReadonlyRootfs = flag(value);
    },
  },
  {
    name: "stop-signal",
    takes: "SIGNAL",
    field: "StopSignal",
    example: "SIGINT",
    set: (draft, value) => {
      draft.body.StopSignal = formed(
        value,
        /^(?:\d{1,2}|[A-Z][A-Z0-9+-]+)$/i,
        'be a signal such as "SIGTERM" or "15"',
      );
    },
  },
  {
    name: "stop-timeout",
    takes: "SECONDS",
    field: "StopTimeout",
    example: "20",
    set: (draft, value) => {
      draft.body.StopTimeout = whole(value, { min: -1 });
    },
  },
  {
    name: "restart",
    takes: "POLICY",
    field: "HostConfig.RestartPolicy",
    example: "on-failure:3",
    note:
      "Not needed: dewy replaces what died. With it the engine is the first to start the container again",
    set: (draft, value) => {
      draft.host.RestartPolicy = restartPolicy(value);
    },
  },
  {
    name: "cap-drop",
    takes: "CAPABILITY",
    field: "HostConfig.CapDrop",
    example: "ALL",
    repeatable: true,
    set: (draft, value) => {
      draft.host.CapDrop = withCapability(draft.host.CapDrop, value);
    },
  },
  {
    name: "ulimit",
    takes: "NAME=SOFT[:HARD]",
    field: "HostConfig.Ulimits",
    example: "nofile=1024:2048",
    repeatable: true,
    set: (draft, value) => addUlimit(draft, value),
  },
  {
    name: "sysctl",
    takes: "NAME=VALUE",
    field: "HostConfig.Sysctls",
    example: "net.core.somaxconn=1024",
    repeatable: true,
    set: (draft, value) => {
      const [key, setting] = pair(value);
      if (!SYSCTL.test(key)) {
        throw new BadValue(
          "name a setting that each container has of its own",
          {
            hint: 'Those are "net.*", "fs.mqueue.*" and a few of "kernel.*"',
          },
        );
      }
      put(draft.host.Sysctls ??= {}, key, setting);
    },
  },
];
