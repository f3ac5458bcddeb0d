/** Names of variables whose values are secrets. */
const SECRET_NAME =
  /(TOKEN|SECRET|PASSWORD|PASSWD|PRIVATE_KEY|CREDENTIALS?|API_KEY|ACCESS_KEY)$/i;
/** Shorter values are too likely to be ordinary words. */
const SHORTEST_SECRET = 6;
const MASK = "***";

/** `//user:password@` in a URL. */
const URL_CREDENTIALS = /(\/\/)[^/\s"'@]+@/g;
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
    .filter(([name, value]) =>
      SECRET_NAME.test(name) && value.trim().length >= SHORTEST_SECRET
    )
    .map(([, value]) => value.trim())
    // A secret that holds another one must go first.
    .sort((a, b) => b.length - a.length);
  return (text) => {
    const masked = secrets.reduce(
      (rest, secret) => rest.replaceAll(secret, MASK),
      text,
    );
    return masked
      .replace(URL_CREDENTIALS, `$1${MASK}@`)
      .replace(SECRET_QUERY, `$1${MASK}`)
      .replace(AUTHORIZATION, `$1 ${MASK}`);
  };
}
