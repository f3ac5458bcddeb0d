import { refused, writeFailure } from "./extract_errors.ts";
import type {
  ExtractSummary,
  PlannedDirectory,
  PlannedLink,
  TreePlan,
} from "./tree_plan.ts";
import { treePath } from "./tree_path.ts";
import type { Turns } from "./turns.ts";

const MODE_BITS = 0o777;
/** As deep as any tree that was written can be. */
const MAX_DEPTH = 4096;

/**
 * Does what is left to do in a tree whose files are written: makes the links,
 * asks the disk where each really leads, and gives the folders their modes.
 *
 * Whoever made the plan has read bytes of others, maybe in an isolate that may
 * make no links; so nothing in the plan is believed.
 *
 * @throws {ArtifactError} `refused` when a link leads out of the tree.
 * @throws {FilesystemError} When the disk refuses.
 */
export async function finishTree(
  root: string,
  plan: TreePlan,
  turns: Turns,
): Promise<ExtractSummary> {
  const realRoot = await Deno.realPath(root);
  for (const link of plan.links) {
    makeLink(realRoot, link);
    await turns.take();
  }
  for (const link of plan.links) {
    checkLink(realRoot, link);
    await turns.take();
  }
  for (const directory of plan.directories.toReversed()) {
    applyMode(realRoot, directory);
    await turns.take();
  }
  const { entries, bytes } = plan;
  return { entries, bytes };
}

function makeLink(root: string, { path, target }: PlannedLink): void {
  at(root, path, (place) => {
    // No link is on disk before the first of the plan; one that lies below another would go through it.
    const parent = Deno.realPathSync(place.slice(0, place.lastIndexOf("/")));
    if (!isInside(root, parent)) throw refused(path, "it is below a link");
    Deno.symlinkSync(target, place);
  });
}

function checkLink(root: string, { path }: PlannedLink): void {
  const real = at(root, path, (place) => Deno.realPathSync(place));
  if (!isInside(root, real)) throw refused(path, "the link leaves");
}

function applyMode(root: string, { path, mode }: PlannedDirectory): void {
  at(root, path, (place) => {
    if (!Deno.lstatSync(place).isDirectory) {
      throw refused(path, "it is no folder");
    }
    Deno.chmodSync(place, mode & MODE_BITS);
  });
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function at<T>(root: string, path: string, action: (place: string) => T): T {
  const parts = treePath(path, MAX_DEPTH);
  try {
    return action([root, ...parts].join("/"));
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}
