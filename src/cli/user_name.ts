/** Where the accounts of this host are (passwd(5)). */
const PASSWD = "/etc/passwd";

/** Returns the full name of the account that dewy runs as, or the short one when it has none. */
export async function userName(
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const uid = String(Deno.uid() ?? "");
  const account = (await readPasswd()).split("\n")
    .map((line) => line.split(":"))
    .find((fields) => fields[2] === uid);
  const [short, , , , gecos = ""] = account ?? [];
  const [full = ""] = gecos.split(",");
  return full || short || env["USER"] || uid;
}

/** Accounts may also be kept elsewhere. */
async function readPasswd(): Promise<string> {
  try {
    return await Deno.readTextFile(PASSWD);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
