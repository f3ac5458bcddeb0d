/** Names of variables whose values are secrets; a key's path, number or file is none. */
const SECRET_NAME =
  /(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|APIKEY|(^|_)(PASS|KEY|DSN))$/i;
/** Headers of requests to a collector of OpenTelemetry, percent-encoded. */
const HEADERS_NAME = /^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/;
/** Shorter values are too likely to be ordinary words. */
const SHORTEST_SECRET = 6;
const MASK = "***";

/** What can be one URL. */
const WORD = /[^\s"']+/g;
/** `//user:` in a URL, and not `//host:8080/`. */
const USER = /(?<!\/)\/\/[^/:?#[]*:(?!\d{2,5}[/?#])/;
/** `//token@` in a URL. */
const TOKEN = /(\/\/)[^/@]+@/g;
/** Query options that carry secrets or signatures. */
const SECRET_QUERY =
  /([?&](?:password|passwd|token|access_token|secret|api_?key|sig|signature|x-(?:amz|goog)-(?:signature|credential|security-token))=)[^&\s"']*/gi;
/** `Authorization: Bearer …` and the like. */
const AUTHORIZATION = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g;

/** Returns the text with its secrets masked. */
export type Redact = (text: string) => string;

/**
 * Builds the one filter that every log line, notification and error goes
 * through: it masks the values of environment variables with a secret's name,
 * and credentials in URLs.
 */
export function createRedactor(env: Readonly<Record<string, string>>): Redact {
  const secrets = Object.entries(env)
    .flatMap(([name, value]) => secretsOf(name, value.trim()))
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    // A secret that holds another one must go first.
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const masked = secrets.reduce(
      (rest, secret) => rest.replaceAll(secret, MASK),
      text,
    );
    return masked
      .replace(WORD, maskCredentials)
      .replace(SECRET_QUERY, `$1${MASK}`)
      .replace(AUTHORIZATION, `$1 ${MASK}`);
  };
}

function secretsOf(name: string, value: string): string[] {
  const passwords = (value.match(WORD) ?? []).flatMap((word) => {
    const at = credentialsIn(word);
    if (at === undefined) return [];
    const password = word.slice(at.password, at.end);
    return [password, decoded(password)];
  });
  if (HEADERS_NAME.test(name)) return [value, ...headerValues(value)];
  return SECRET_NAME.test(name) ? [value, ...passwords] : passwords;
}

/** Also without what stands before a token, such as `Bearer`. */
function headerValues(text: string): string[] {
  return text.split(",").map((pair) => pair.replace(/^[^=]*=/, "").trim())
    .flatMap((value) => {
      const plain = decoded(value);
      return [value, plain, plain.replace(/^.*\s/s, "")];
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function maskCredentials(word: string): string {
  const at = credentialsIn(word);
  if (at === undefined) return word.replace(TOKEN, `$1${MASK}@`);
  return word.slice(0, at.start) + MASK + word.slice(at.end);
}

interface Credentials {
  readonly start: number;
  /** Where the password begins. */
  readonly password: number;
  /** Where the `@` is. */
  readonly end: number;
}

/** Finds `user:password` up to the last `@`: a password may hold `@` and `/` although a URL may not. */
function credentialsIn(word: string): Credentials | undefined {
  const end = word.lastIndexOf("@");
  const user = USER.exec(word.slice(0, Math.max(end, 0)));
  if (user === null) return undefined;
  const start = user.index + 2;
  return { start, password: user.index + user[0].length, end };
}
