import type { SourceErrorCode } from "../base/errors.ts";

/** What an engine's failure means for dewy and its operator. */
export interface EngineMeaning {
  readonly code: SourceErrorCode;
  readonly hint: string;
}

type Sayings = readonly (readonly [RegExp, EngineMeaning])[];

/** Statuses do not tell these apart, and differ between engines; the first that fits counts. */
const SAYINGS: Sayings = [
  [/no space left on device|disk quota exceeded/i, {
    code: "unavailable",
    hint: "The engine's disk is full: free space, then dewy retries by itself",
  }],
  [/port is already allocated|address already in use/i, {
    code: "unavailable",
    hint: "Another program has the port; dewy takes another one next time",
  }],
  [/executable file not found|exec: "[^"]*": |that was not found/i, {
    code: "invalid",
    hint: "Check the entry point of the image and the command after it",
  }],
  [/client version .* is too (?:old|new)/i, {
    code: "unavailable",
    hint: "The engine was replaced by another version; dewy asks again",
  }],
];

/** What registries say, and engines pass on. */
const REGISTRY_SAYINGS: Sayings = [
  [/toomanyrequests|too many requests|rate limit/i, {
    code: "unavailable",
    hint: "The registry limits pulls: log in to it, or raise --interval",
  }],
  [
    /unauthorized|authentication required|denied|no basic auth|forbidden|invalid username/i,
    {
      code: "denied",
      hint:
        "Check the registry's credentials (docker login), and that they may pull this image",
    },
  ],
  [/no matching manifest|no image found in .*manifest list/i, {
    code: "invalid",
    hint: "Publish the image for this host's platform as well",
  }],
  [/(?:manifest|name|blob|repository).*(?:unknown|not found)|unknown blob/i, {
    code: "not-found",
    hint:
      "Check the image in its registry: its name, its tag, that it is whole",
  }],
  [
    /connection (?:refused|reset)|no such host|timeout|TLS|misbehaving|EOF|x509|unreachable|HTTP response to HTTPS/i,
    {
      code: "unavailable",
      hint:
        "Check that the engine reaches the registry: network, name, certificate",
    },
  ],
];

/** Returns what a failure means by its text, or `undefined` when its status must tell. */
export function meaningOfText(
  text: string,
  asksRegistry: boolean,
): EngineMeaning | undefined {
  const sayings = asksRegistry ? [...SAYINGS, ...REGISTRY_SAYINGS] : SAYINGS;
  return sayings.find(([pattern]) => pattern.test(text))?.[1];
}
