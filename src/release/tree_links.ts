import { refused } from "./extract_errors.ts";

/** What one path of the tree is. */
export type TreeNode =
  /** `mode` is `undefined` for a parent that the archive does not list. */
  | { readonly kind: "directory"; readonly mode?: number }
  | { readonly kind: "file" }
  | { readonly kind: "symlink"; readonly target: string };

/** Everything unpacked so far by its path, parts joined by `/`; the root is the empty path. */
export type Tree = ReadonlyMap<string, TreeNode>;

const MAX_HOPS = 40;
/** As many parts as the longest path a kernel takes can have. */
const MAX_STEPS = 4096;

/**
 * Follows the symbolic link at `path` through the tree as the kernel would,
 * other links on the way included.
 *
 * The disk is not asked: a way that leaves the folder and comes back is there
 * today, but not after the folder has got its final name.
 *
 * @throws {ArtifactError} `refused` when the way leaves the tree, ends nowhere or never ends.
 */
export function followLink(tree: Tree, path: string): void {
  const here: string[] = [];
  const ahead = path.split("/").reverse();
  let hops = 0;
  for (let steps = 0; ahead.length > 0; steps++) {
    if (steps > MAX_STEPS) {
      throw refused(path, "the way of the link is too long");
    }
    const part = ahead.pop();
    if (part === undefined || part === "" || part === ".") {
      requireDirectory(tree, here, path);
      continue;
    }
    if (part === "..") {
      requireDirectory(tree, here, path);
      if (here.pop() === undefined) throw refused(path, "the link leaves");
      continue;
    }
    here.push(part);
    const node = tree.get(here.join("/"));
    if (node === undefined) throw refused(path, "the link leads nowhere");
    if (node.kind !== "symlink") {
      if (ahead.length > 0) requireDirectory(tree, here, path);
      continue;
    }
    hops += 1;
    if (hops > MAX_HOPS) throw refused(path, "the links go round in a loop");
    here.pop();
    ahead.push(...linkParts(path, node.target));
  }
}

/** Returns the parts of a link's target, the last one first. */
function linkParts(path: string, target: string): string[] {
  if (target.startsWith("/")) throw refused(path, "the link is absolute");
  return target.split("/").reverse();
}

function requireDirectory(tree: Tree, here: string[], path: string): void {
  if (tree.get(here.join("/"))?.kind === "directory") return;
  throw refused(path, "the link leads below a file");
}
