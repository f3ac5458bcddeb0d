/** What Prometheus has in a name for a unit of OpenTelemetry; counts of things, `{…}`, have nothing. */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = {
  s: "_seconds",
  By: "_bytes",
};

/**
 * Returns the name of a metric as Prometheus has it: `dewy.poll.age` in seconds
 * is `dewy_poll_age_seconds`, and a counter ends in `_total` once.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function prometheusName(
  name: string,
  { unit, isCounter }: { readonly unit: string; readonly isCounter: boolean },
): string {
  const plain = name.replace(/[^a-zA-Z0-9_:]/g, "_");
  const base = isCounter ? plain.replace(/_total$/, "") : plain;
  const suffix = UNIT_SUFFIXES[unit] ?? "";
  const withUnit = base.endsWith(suffix) ? base : `${base}${suffix}`;
  return isCounter ? `${withUnit}_total` : withUnit;
}
