import type { DeviceRate } from "./host_config.ts";
import { BadValue, type RunDraft } from "./run_option.ts";
import { whole } from "./run_option_values.ts";

/** Adds `DEVICE:RATE` to a row of rates. */
export function addRate(
  rates: DeviceRate[],
  value: string,
  parse: (text: string) => number,
): void {
  const [path, text] = deviceAnd(value);
  const rate = parse(text);
  if (rate < 0) throw new BadValue("not have a rate below 0");
  rates.push({ Path: path, Rate: rate });
}

/** Adds `DEVICE:WEIGHT`. */
export function addWeight(draft: RunDraft, value: string): void {
  const [path, text] = deviceAnd(value);
  (draft.host.BlkioWeightDevice ??= []).push({
    Path: path,
    Weight: whole(text, { min: 0, max: 1000 }),
  });
}

function deviceAnd(value: string): [device: string, text: string] {
  const [device = "", text, ...more] = value.split(":");
  if (device.startsWith("/dev/") && text !== undefined && more.length === 0) {
    return [device, text];
  }
  throw new BadValue('name a device and a number: "/dev/sda:NUMBER"');
}
