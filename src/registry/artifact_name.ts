import { isFileName } from "./cached_values.ts";

/** Returns the file name that an artifact URL ends with, decoded, or `undefined` when it ends with none. */
export function artifactNameOf(url: string): string | undefined {
  const [address = ""] = url.split(/[?#]/, 1);
  const [, path = ""] = /^[a-z][a-z0-9+.-]*:\/\/[^/]*\/(.*)$/is.exec(address) ??
    [];
  const name = decode(path.slice(path.lastIndexOf("/") + 1));
  return isFileName(name) ? name : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A plain "%": the URL was not encoded.
    return text;
  }
}
