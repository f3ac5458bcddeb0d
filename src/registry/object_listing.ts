import type { BrowsableStore, ObjectInfo } from "../client/object_store.ts";

/** What a version's folder holds. */
export interface FolderListing {
  /** Objects by name, which is their key without the folder's; audit records are left out. */
  readonly objects: ReadonlyMap<string, ObjectInfo>;
  /** When the first of them was written, Unix milliseconds; of the records when there is nothing else. */
  readonly publishedAt: number;
}

/** What audit records begin with. */
const AUDIT = "shipped_to_";

/** A name behind those of all audit records, in the order of a listing. */
const BEHIND_AUDIT = `${AUDIT}\u{10ffff}`;

/**
 * Lists a version's folder, or returns `undefined` when nothing is in it.
 * Every deploy of every host adds an audit record, so these are not held, and
 * where they fill a page the listing goes on behind the last of them.
 */
export async function listVersion(
  store: Pick<BrowsableStore, "listPages">,
  folder: string,
  signal: AbortSignal,
): Promise<FolderListing | undefined> {
  const objects = new Map<string, ObjectInfo>();
  let publishedAt: number | undefined;
  let recordedAt: number | undefined;
  let after: string | undefined;
  let isEnd = false;
  while (!isEnd) {
    isEnd = true;
    const options = after === undefined ? { signal } : { signal, after };
    for await (const page of store.listPages(folder, options)) {
      for (const object of page) {
        const name = object.key.slice(folder.length);
        recordedAt ??= object.modifiedAt;
        // Consoles mark a folder by an object of its own name.
        if (name.startsWith(AUDIT) || name === "" || name.endsWith("/")) {
          continue;
        }
        publishedAt ??= object.modifiedAt;
        objects.set(name, object);
      }
      if (after === undefined && endsInRecords(page, folder)) {
        after = folder + BEHIND_AUDIT;
        isEnd = false;
        break;
      }
    }
  }
  const at = publishedAt ?? recordedAt;
  return at === undefined ? undefined : { objects, publishedAt: at };
}

/** Returns whether a page is full, as far as one can tell, and ends with an audit record. */
function endsInRecords(
  page: readonly ObjectInfo[],
  folder: string,
): boolean {
  const last = page.at(-1)?.key.slice(folder.length);
  return page.length >= 1000 && last !== undefined && last.startsWith(AUDIT);
}
