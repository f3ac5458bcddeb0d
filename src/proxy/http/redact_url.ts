const MASK = "***";
/** What names of options end with whose values are secrets. */
const SECRET =
  /(?:token|secret|passw(?:or)?d|passphrase|pwd|signature|credentials?|key|(?:^|[^a-z])(?:sig|auth|pass))$/i;
/** One option of a query, or of a fragment that was taken for one. */
const OPTION = /([?&;#])([^=&;#]*)=([^&;#]*)/g;
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i;

/** Masks what looks like a secret in an address: values in its query, and its user. */
export function redactUrl(url: string): string {
  return url.replace(USER_INFO, `$1${MASK}@`)
    .replace(
      OPTION,
      (option, mark, name) =>
        isSecret(name) ? `${mark}${name}=${MASK}` : option,
    );
}

/** The name counts as the server reads it: `%74oken`, `user[password]`. */
function isSecret(name: string): boolean {
  return SECRET.test(decoded(name).replaceAll(/[[\]\s]/g, ""));
}

function decoded(name: string): string {
  return name.replaceAll(
    /%([0-9a-f]{2})/gi,
    (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
