import { SourceError } from "../base/errors.ts";
import type { Platform } from "../base/platform.ts";
import type { Release, VersionRules } from "../base/release.ts";
import { describeTag, tagProblem } from "../base/tag.ts";
import { describeUrl } from "../base/url.ts";
import { newestFirst, parseVersion } from "../base/version.ts";
import type { CurrentAnswer, GrpcClient } from "../client/grpc.ts";
import { artifactNameOf } from "./artifact_name.ts";
import { PublicationTimes } from "./grpc_times.ts";
import type {
  DeployReport,
  Latest,
  Registry,
  Survey,
  Wish,
} from "./registry.ts";

/** What a {@link GrpcRegistry} needs to know. */
export interface GrpcRegistryOptions {
  readonly client: GrpcClient;
  /** As given, for errors. */
  readonly url: string;
  readonly rules: VersionRules;
  readonly platform: Platform;
  /** Name of the wanted artifact; the server decides when left out. */
  readonly artifact?: string;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Asks a server that chooses the version itself. */
export class GrpcRegistry implements Registry, Disposable {
  readonly #options: GrpcRegistryOptions;
  readonly #times: PublicationTimes;

  constructor(options: GrpcRegistryOptions) {
    this.#options = options;
    this.#times = new PublicationTimes(options.now ?? Date.now);
  }

  get rules(): VersionRules {
    return this.#options.rules;
  }

  async latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const answer = await this.#ask(signal);
    const { rules } = this.#options;
    const reason = reasonAgainst(answer.tag, rules) ??
      reasonAgainstWish(answer.tag, wish);
    if (reason !== undefined) return { kind: "filtered", reason };
    return {
      kind: "release",
      release: this.#toRelease(answer),
      incomplete: [],
    };
  }

  async survey(signal: AbortSignal): Promise<Survey> {
    const { tag } = await this.#ask(signal);
    const reason = reasonAgainst(tag, this.rules);
    return reason === undefined
      ? [{ tag, verdict: "offered", reason: "" }]
      : [{ tag, verdict: "filtered", reason }];
  }

  async #ask(signal: AbortSignal): Promise<CurrentAnswer> {
    const { client, platform, artifact } = this.#options;
    const answer = await client.current({
      ...platform,
      ...(artifact === undefined ? {} : { artifactName: artifact }),
    }, signal);
    if (answer.tag === "" || answer.artifactUrl === "") {
      const missing = answer.tag === "" ? "a tag" : "an artifact URL";
      throw this.#invalid(`the answer lacks ${missing}`);
    }
    const problem = tagProblem(answer.tag);
    if (problem !== undefined) {
      throw this.#invalid(
        `${describeTag(answer.tag)} is no tag: ${problem}`,
      );
    }
    return answer;
  }

  async report(report: DeployReport, signal: AbortSignal): Promise<void> {
    const { release, command, error } = report;
    await this.#options.client.report({
      id: release.id,
      tag: release.tag,
      command,
      ...(error === undefined ? {} : { err: error }),
    }, signal);
  }

  [Symbol.dispose](): void {
    this.#options.client[Symbol.dispose]();
  }

  #toRelease(answer: CurrentAnswer): Release {
    const { rules } = this.#options;
    const { id, tag, artifactUrl } = answer;
    const publishedAt = this.#times.read(answer);
    const artifactName = artifactNameOf(artifactUrl);
    if (artifactName === undefined) {
      throw this.#invalid(
        `no file name in artifact URL "${describeUrl(artifactUrl)}"`,
      );
    }
    return {
      id,
      tag,
      artifactUrl,
      artifactName,
      checksumUrls: [],
      slot: slotOf(tag, rules),
      fingerprint: publishedAt === undefined
        ? artifactUrl
        : `${artifactUrl} ${publishedAt}`,
      ...(publishedAt === undefined ? {} : { publishedAt }),
    };
  }

  #invalid(detail: string): SourceError {
    return new SourceError(
      "invalid",
      `Cannot use the answer of registry "${
        describeUrl(this.#options.url)
      }": ${detail}`,
      { hint: "Correct it on the server" },
    );
  }
}

/** Returns why the server's choice is not for this host, or `undefined` when it is. */
function reasonAgainst(tag: string, rules: VersionRules): string | undefined {
  const { slot, constraint = "" } = rules;
  if (slot !== "" && slotOf(tag, rules) !== slot) {
    return `${tag} is not for slot "${slot}"`;
  }
  // A slot must match as build metadata of any grammar; only the constraint needs an order.
  const unslotted = { ...rules, slot: "" };
  if (constraint !== "" && newestFirst([tag], unslotted).length === 0) {
    return `${tag} does not match version "${constraint}"`;
  }
  return undefined;
}

/** The protocol has no way to ask for another version. */
function reasonAgainstWish(
  tag: string,
  { only, except = [] }: Wish = {},
): string | undefined {
  const isMet = only === undefined ? !except.includes(tag) : only === tag;
  if (isMet) return undefined;
  return `the server of this registry chooses the version, and it chooses ${tag}`;
}

function slotOf(tag: string, rules: VersionRules): string {
  return (parseVersion(tag, rules) ?? parseVersion(tag, {}))?.slot ?? "";
}
