/** How a registry wants to be told who asks. */
export type OciChallenge =
  | { readonly scheme: "basic" }
  | {
    readonly scheme: "bearer";
    readonly realm: string;
    readonly service: string | undefined;
    /** Separated by blanks; empty when the registry leaves it to the client. */
    readonly scope: string;
  };

interface Challenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
/** One parameter, or the name of a scheme; commas and blanks lie between. */
const PART = new RegExp(
  `[\\s,]*(?:(?<name>${TOKEN})\\s*=\\s*(?:"(?<quoted>(?:[^"\\\\]|\\\\.)*)"|(?<plain>[^\\s,"]+))|(?<scheme>${TOKEN})(?=[\\s,]|$))`,
  "y",
);

/**
 * Reads a `WWW-Authenticate` header (RFC 9110, 11.6.1), which may hold several
 * challenges, with commas inside of quotes. Returns the one that dewy answers:
 * Bearer, else Basic, else none.
 */
export function readChallenge(header: string | null): OciChallenge | undefined {
  const challenges = parse(header ?? "");
  const bearer = challenges.find(({ scheme, parameters }) =>
    scheme === "bearer" && parameters.has("realm")
  );
  if (bearer !== undefined) {
    const { parameters } = bearer;
    return {
      scheme: "bearer",
      realm: parameters.get("realm") ?? "",
      service: parameters.get("service"),
      scope: parameters.get("scope") ?? "",
    };
  }
  return challenges.some(({ scheme }) => scheme === "basic")
    ? { scheme: "basic" }
    : undefined;
}

function parse(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  PART.lastIndex = 0;
  for (let match = PART.exec(header); match; match = PART.exec(header)) {
    const { name, quoted, plain = "", scheme } = match.groups ?? {};
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    } else if (name !== undefined) {
      const value = quoted?.replace(/\\(.)/g, "$1") ?? plain;
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
    }
  }
  return challenges;
}
