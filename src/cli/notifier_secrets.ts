/**
 * Returns the secrets in the URLs of notifiers by the names of variables that
 * are known to be secret, for the filter of all that dewy says.
 */
export function notifierSecrets(
  urls: readonly string[],
): Readonly<Record<string, string>> {
  const values = urls.flatMap((url) =>
    [...url.matchAll(/[?&](?:password|secret)=([^&]*)/gi)].flatMap((
      [, value = ""],
    ) => [value, decoded(value)])
  );
  return Object.fromEntries(
    values.map((value, index) => [`NOTIFIER_${index}_SECRET`, value]),
  );
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
