import assert from "node:assert/strict";
import { buildImage } from "./test_image.ts";

/**
 * Makes an image of the sample application as `docker import` does, of a root
 * file system and a few instructions, has the engine push it, and takes it away
 * from the engine.
 *
 * @param socket That of an engine, whose own programs do all of it.
 */
export async function importImage(
  socket: string,
  { repository, tag }: { readonly repository: string; readonly tag: string },
): Promise<void> {
  using client = Deno.createHttpClient({
    proxy: { transport: "unix", path: socket },
  });
  const ask = async (method: string, path: string, more: RequestInit = {}) => {
    const url = `http://docker.invalid/v1.41${path}`;
    const response = await fetch(url, { client, method, ...more });
    const said = await response.text();
    const isDone = response.ok && !said.includes('"error"');
    assert.ok(isDone, `${method} ${path}: ${response.status} ${said}`);
  };
  const { layers: [root] } = await buildImage({ repository, tag });
  assert.ok(root, "there is a file system");
  const query = new URLSearchParams({
    fromSrc: "-",
    // Podman does not look at a tag of its own.
    repo: `${repository}:${tag}`,
  });
  for (
    const change of [
      'ENTRYPOINT ["/app"]',
      "EXPOSE 8080",
      `ENV VERSION=${tag}`,
      "ENV PORTS=8080",
    ]
  ) query.append("changes", change);
  await ask("POST", `/images/create?${query}`, {
    headers: { "Content-Type": "application/x-tar" },
    body: root.bytes,
  });
  await ask("POST", `/images/${repository}/push?tag=${tag}`, {
    headers: { "X-Registry-Auth": btoa("{}") },
  });
  await ask("DELETE", `/images/${repository}:${tag}?force=true`);
}
