import { parseDriverUrl } from "../../base/url.ts";
import {
  isLoopbackHost,
  parseImageRepository,
} from "../../base/image_reference.ts";
import { shownSpan } from "../operator/ages.ts";
import { type DoctorContext, fail, type Finding, ok, warn } from "./finding.ts";

/** Signed requests and tokens are refused some minutes off; milliseconds. */
const FAR_MS = 4 * 60_000;
const NEAR_MS = 30_000;
const LIMIT_MS = 10_000;

/** Compares this host's clock with that of the registry, which refuses what is signed in another time. */
export async function checkClock(
  { settings, env }: DoctorContext,
): Promise<readonly Finding[]> {
  const origin = originOf(settings.registryUrl, env);
  if (origin === undefined) return [];
  const url = /^https?:/.test(origin) ? origin : `http://${origin}`;
  const name = "clock";
  const remedy = "Let it be set by the network: timedatectl set-ntp true";
  const { host } = new URL(url);
  const before = Date.now();
  const date = await dateOf(url);
  // Why it cannot be reached is told of the registry itself.
  if (date === undefined) return [];
  const now = (before + Date.now()) / 2;
  const theirs = Date.parse(date);
  if (!Number.isFinite(theirs)) {
    return [ok(name, `${host} does not tell the time`)];
  }
  // The header leaves off what is less than a second.
  const off = Math.max(0, Math.abs(now - theirs - 500) - 500);
  const message = off < 1_000
    ? `it goes with that of ${host}`
    : `it is ${shownSpan(off)} ${
      now > theirs ? "ahead of" : "behind"
    } that of ${host}`;
  if (off < NEAR_MS) return [ok(name, message)];
  return [(off < FAR_MS ? warn : fail)(name, message, remedy)];
}

/** Returns the `Date` of an answer (RFC 9110, 6.6.1), empty when it has none; `undefined` without an answer. */
async function dateOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    await response.body?.cancel();
    return response.headers.get("date") ?? "";
  } catch (error) {
    const isSilent = error instanceof TypeError ||
      error instanceof DOMException;
    if (isSilent) return undefined;
    throw error;
  }
}

/** Whom a registry asks over HTTP; `undefined` for those that do not. */
function originOf(
  registryUrl: string,
  env: DoctorContext["env"],
): string | undefined {
  const url = parseDriverUrl(registryUrl, { what: "registry" });
  switch (url.scheme) {
    case "ghr":
      return env["GITHUB_API_URL"] || env["GITHUB_ENDPOINT"] ||
        "https://api.github.com";
    case "gs":
      return env["STORAGE_EMULATOR_HOST"] || "https://storage.googleapis.com";
    case "s3":
      return url.options.get("endpoint") || env["AWS_ENDPOINT_URL_S3"] ||
        env["AWS_ENDPOINT_URL"] || "https://s3.amazonaws.com";
    case "img":
      return imageOrigin(url.host + url.path, url.options.get("insecure"));
    default:
      return undefined;
  }
}

function imageOrigin(
  name: string,
  insecure: string | undefined,
): string | undefined {
  const place = parseImageRepository(name);
  if ("problem" in place) return undefined;
  const isPlain = insecure === undefined
    ? isLoopbackHost(place.registry)
    : /^(1|t|true|on)$/i.test(insecure);
  return `${isPlain ? "http" : "https"}://${place.registry}/v2/`;
}
