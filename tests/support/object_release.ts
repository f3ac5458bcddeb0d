import { createHash } from "node:crypto";
import { join } from "node:path";
import type { BrowsableStore } from "../../src/client/object_store.ts";
import { artifactName, RegistryFolder } from "./registry_folder.ts";
import { TempDir } from "./temp_dir.ts";

const NEVER = new AbortController().signal;

/** How a release is put into a bucket. */
export interface PutReleaseOptions {
  readonly store: BrowsableStore;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
}

/** Puts a release of `web.mjs` into a bucket, as `app.mjs`, with its checksum. */
export async function putRelease(
  tag: string,
  { store, prefix }: PutReleaseOptions,
): Promise<void> {
  await using temp = await TempDir.create();
  const folder = await RegistryFolder.create(temp.join("registry"));
  await folder.publish(tag, { program: "web.mjs", programAs: "app.mjs" });
  const name = artifactName();
  const path = join(folder.path, tag, name);
  const sum = createHash("sha256").update(await Deno.readFile(path))
    .digest("hex");
  const checksum = new TextEncoder().encode(`${sum}  ${name}\n`);
  const key = `${prefix}${tag}/${name}`;
  const options = { contentType: "text/plain", signal: NEVER };
  // The artifact comes last, so that a poll in between finds no half release.
  await store.write(`${key}.sha256`, checksum, options);
  await store.writeFile(key, path, NEVER);
}
