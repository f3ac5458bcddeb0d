import type { ContainerReading } from "../../src/metrics/container_gauges.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { Scrape } from "./prometheus_text.ts";

/** A container that does its work. */
export const RUNNING: ContainerReading = {
  name: "web-1-0",
  image: "ghcr.io/a/web:v1",
  version: "v1",
  replica: "0",
  state: "running",
  restartCount: 2,
  exitCode: 0,
  isOomKilled: false,
  startedAt: "2026-01-15T12:00:00.5Z",
};
/** One that the system ended. */
export const ENDED: ContainerReading = {
  ...RUNNING,
  name: "web-1-1",
  replica: "1",
  state: "exited",
  exitCode: 137,
  isOomKilled: true,
};

/** Returns metrics of a dewy 1.2.3. */
export function metricsOf(
  command: "server" | "assets" | "container",
  now: () => number = () => 0,
): Metrics {
  return new Metrics({ command, version: "1.2.3", now });
}

/** Returns what they tell now. */
export async function scrapeOf(metrics: Metrics): Promise<Scrape> {
  return new Scrape(await metrics.text());
}
