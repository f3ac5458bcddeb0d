import type { DeviceRequest } from "./host_config.ts";
import { BadValue, type RunDraft } from "./run_option.ts";
import { csvFields, keyValue, put, whole } from "./run_option_values.ts";

/** Adds `--gpus all`, `--gpus 2` or `--gpus device=…,capabilities=…,options=…`. */
export function addGpus(draft: RunDraft, value: string): void {
  const request: DeviceRequest = { Capabilities: [["gpu"]] };
  const seen = new Set<string>();
  for (const field of csvFields(value)) {
    const equals = field.indexOf("=");
    const key = equals === -1 ? "count" : field.slice(0, equals);
    if (seen.has(key)) throw new BadValue(`have "${key}" only once`);
    seen.add(key);
    setField(request, key, field.slice(equals + 1));
  }
  if (!seen.has("count") && !seen.has("device")) request.Count = 1;
  (draft.host.DeviceRequests ??= []).push(request);
}

function setField(request: DeviceRequest, key: string, value: string): void {
  if (key === "count") request.Count = value === "all" ? -1 : whole(value);
  else if (key === "driver") request.Driver = value;
  else if (key === "device") request.DeviceIDs = value.split(",");
  else if (key === "capabilities") {
    request.Capabilities = [[...value.split(","), "gpu"]];
  } else if (key === "options") {
    request.Options = {};
    for (const field of csvFields(value)) {
      put(request.Options, ...keyValue(field));
    }
  } else {
    throw new BadValue(`not have the key "${key}"`, {
      hint: "Keys: count, driver, device, capabilities, options",
    });
  }
}
