import type { SupportedRunOption } from "./run_option.ts";
import { flag, nanoseconds, whole } from "./run_option_values.ts";

/** The health check that the engine runs in the container. */
export const HEALTH_OPTIONS: readonly SupportedRunOption[] = [
  {
    name: "health-cmd",
    takes: "COMMAND",
    field: "Healthcheck.Test",
    example: "test -e /ready",
    note: "The engine's check; dewy has its own: --health-path",
    set: (draft, value) => {
      draft.health.Test = ["CMD-SHELL", value];
    },
  },
  {
    name: "health-interval",
    takes: "DURATION",
    field: "Healthcheck.Interval",
    example: "30s",
    set: (draft, value) => {
      draft.health.Interval = nanoseconds(value);
    },
  },
  {
    name: "health-timeout",
    takes: "DURATION",
    field: "Healthcheck.Timeout",
    example: "5s",
    set: (draft, value) => {
      draft.health.Timeout = nanoseconds(value);
    },
  },
  {
    name: "health-start-period",
    takes: "DURATION",
    field: "Healthcheck.StartPeriod",
    example: "1m",
    set: (draft, value) => {
      draft.health.StartPeriod = nanoseconds(value);
    },
  },
  {
    name: "health-start-interval",
    takes: "DURATION",
    field: "Healthcheck.StartInterval",
    example: "500ms",
    note: "Engine API 1.44",
    set: (draft, value) => {
      draft.health.StartInterval = nanoseconds(value);
    },
  },
  {
    name: "health-retries",
    takes: "NUMBER",
    field: "Healthcheck.Retries",
    example: "3",
    set: (draft, value) => {
      draft.health.Retries = whole(value, { min: 0 });
    },
  },
  {
    name: "no-healthcheck",
    field: "Healthcheck.Test",
    example: "true",
    set: (draft, value) => {
      draft.isHealthOff = flag(value);
    },
  },
];
