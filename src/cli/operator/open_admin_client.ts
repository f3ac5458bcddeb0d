import { AdminClient, readToken } from "./admin_client.ts";
import type { AdminPlaceGiven } from "./request.ts";

/** From the working directory. */
const OWN_SOCKET = ".dewy/admin.sock";

/**
 * Opens the way to a running dewy: by `--admin-socket`, else by `--admin-port`,
 * else by the socket of the current directory. Nothing is sent yet.
 *
 * @throws {ConfigError} When the token cannot be read.
 */
export async function openAdminClient(
  { socket, port, tokenFile }: AdminPlaceGiven,
  env: Readonly<Record<string, string>>,
): Promise<AdminClient> {
  if (socket !== undefined || port === undefined) {
    return new AdminClient({ kind: "socket", path: socket ?? OWN_SOCKET });
  }
  const token = tokenFile === undefined
    ? env["DEWY_ADMIN_TOKEN"] || undefined
    : await readToken(tokenFile);
  return new AdminClient({ kind: "tcp", port, token });
}
