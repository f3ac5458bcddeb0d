/** A part of a webhook's path that is this long is what keeps others from calling it. */
const SECRET_PART = 16;

/**
 * Returns the secrets in the URLs of notifiers by the names of variables that
 * are known to be secret, for the filter of all that dewy says.
 */
export function notifierSecrets(
  urls: readonly string[],
): Readonly<Record<string, string>> {
  const values = urls.flatMap((url) => [...optionsOf(url), ...partsOf(url)])
    .flatMap((value) => [value, decoded(value)]);
  return Object.fromEntries(
    values.map((value, index) => [`NOTIFIER_${index}_SECRET`, value]),
  );
}

function optionsOf(url: string): string[] {
  return [...url.matchAll(/[?&](?:password|secret)=([^&]*)/gi)]
    .map(([, value = ""]) => value);
}

function partsOf(url: string): string[] {
  const [, path = ""] = /^\s*webhooks?:\/\/[^/?]*([^?]*)/i.exec(url) ?? [];
  return path.split("/").filter(({ length }) => length >= SECRET_PART);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // The notifier says what is wrong with it.
    if (error instanceof URIError) return text;
    throw error;
  }
}
