const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const SECONDS = /^[+-]?\d+$/;
const COMPOUND = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Reads a duration: whole seconds (`10`) or Go's spelling (`10s`, `1h30m`,
 * `1.5s`, `500ms`), either with a sign.
 *
 * @returns Milliseconds, or `undefined` when `text` is no duration.
 */
export function parseDuration(text: string): number | undefined {
  if (SECONDS.test(text)) return finite(Number(text) * 1_000);
  if (!COMPOUND.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(PART)) {
    total += Number(amount) * (UNIT_MS[unit] ?? NaN);
  }
  const ms = toWholeNanos(total);
  return finite(text.startsWith("-") ? -ms : ms);
}

/** Takes away what binary fractions add: `1.1h` would be 3960000.0000000005 ms. */
function toWholeNanos(ms: number): number {
  const nanos = Math.round(ms * 1e6);
  return Number.isSafeInteger(nanos) ? nanos / 1e6 : Math.round(ms);
}

/** Writes milliseconds as Go does: `30m0s`, `45.2s`, `1.5ms`, `0s`. */
export function formatDuration(ms: number): string {
  const nanos = Math.round(Math.abs(ms) * 1e6);
  if (nanos === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  if (nanos < 1e3) return `${sign}${nanos}ns`;
  if (nanos < 1e6) return `${sign}${decimal(nanos, 1e3)}µs`;
  if (nanos < 1e9) return `${sign}${decimal(nanos, 1e6)}ms`;
  const hours = Math.floor(nanos / 3.6e12);
  const minutes = Math.floor((nanos % 3.6e12) / 6e10);
  const seconds = `${decimal(nanos % 6e10, 1e9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

/** Returns `nanos / unit` with as many decimals as it needs: a division would show binary rounding. */
function decimal(nanos: number, unit: number): string {
  const digits = String(unit).length - 1;
  const whole = Math.floor(nanos / unit);
  const fraction = String(nanos % unit).padStart(digits, "0")
    .replace(/0+$/, "");
  return fraction === "" ? `${whole}` : `${whole}.${fraction}`;
}

function finite(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value;
}
