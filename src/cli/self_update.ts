import { basename, dirname, join } from "node:path";
import {
  ApplicationError,
  ConfigError,
  DewyError,
  FilesystemError,
} from "../base/errors.ts";
import type { Platform } from "../base/platform.ts";
import { syncFolder } from "../base/durable_file.ts";
import { compareVersions, parseVersion } from "../base/version.ts";
import { UpdateFolder } from "./self_update_folder.ts";
import { saveVerified, unpackProgram } from "./self_update_program.ts";
import { isTag, Releases } from "./self_update_releases.ts";
import type { SelfUpdateRequest } from "./self_update_request.ts";

/** The dewy that runs, and where another one comes from. */
export interface SelfUpdateHost {
  /** Path of the program; the runtime's own when dewy is not compiled. */
  readonly program: string;
  readonly isCompiled: boolean;
  /** Of the dewy that runs, without `v`. */
  readonly version: string;
  readonly platform: Platform;
  /** Where releases are. */
  readonly releasesUrl: string;
  /** Takes what is printed. */
  readonly write: (text: string) => void;
  /** Ends the update when aborted; nothing is changed then, and nothing left. */
  readonly signal: AbortSignal;
}

/** Folders whose programs a package manager looks after. */
const MANAGED =
  /^(?:\/usr)?\/s?bin\/|^\/(?:nix|gnu|snap)\/|\/(?:Cellar|linuxbrew)\//;

/**
 * Replaces the program of dewy by that of a release, in one rename, after its
 * checksum was right and it has started once; or says what there is.
 *
 * @throws {ConfigError} When this program is not dewy's own to replace, or the version is none.
 * @throws {SourceError} When the release cannot be read.
 * @throws {ArtifactError} When it is not what was published.
 * @throws {FilesystemError} When the program cannot be replaced.
 * @throws {ApplicationError} When the new program does not run here.
 */
export async function selfUpdate(
  request: SelfUpdateRequest,
  host: SelfUpdateHost,
): Promise<void> {
  const { version, write } = host;
  const releases = new Releases(host.releasesUrl, host.signal);
  const tag = wantedTag(request) ?? await releases.latest();
  const order = compareTo(tag, version);
  if (order === 0) {
    write(`dewy ${version} is what ${described(request)} is: nothing to do\n`);
    return;
  }
  if (order < 0 && request.version === undefined) {
    write(`dewy ${version} is newer than the latest release, ${tag}\n`);
    return;
  }
  if (request.check) {
    write(`dewy ${version} can be updated to ${tag}\n`);
    return;
  }
  checkReplaceable(host, request.force);
  await replace(host, { releases, tag });
  write(
    `Updated ${host.program} from ${version} to ${tag}; a dewy that runs stays ${version} until it is restarted\n`,
  );
}

function wantedTag({ version }: SelfUpdateRequest): string | undefined {
  if (version === undefined) return undefined;
  const tag = `v${version.replace(/^v/, "")}`;
  if (isTag(tag)) return tag;
  throw new ConfigError(`Cannot update: "${version}" is no version`, {
    hint: "Versions are like 1.2.3",
  });
}

function described({ version }: SelfUpdateRequest): string {
  return version === undefined ? "the latest release" : "asked for";
}

/** Returns whether `tag` is newer than `version` (1), older (-1) or the same (0). */
function compareTo(tag: string, version: string): number {
  if (tag === `v${version}`) return 0;
  const wanted = parseVersion(tag, {});
  const own = parseVersion(version, {});
  if (wanted === undefined || own === undefined) return 1;
  return Math.sign(compareVersions(wanted, own)) || 1;
}

function checkReplaceable(
  { isCompiled, program }: SelfUpdateHost,
  force: boolean,
): void {
  if (!isCompiled) {
    throw new ConfigError(
      `Cannot update: this dewy is a script that "${program}" runs`,
      { hint: "Only a compiled dewy replaces itself; update the checkout" },
    );
  }
  if (force || !MANAGED.test(program)) return;
  throw new ConfigError(
    `Cannot update "${program}": a package manager looks after that folder`,
    { hint: "Update it there, or replace it anyway with --force" },
  );
}

interface Wanted {
  readonly releases: Releases;
  readonly tag: string;
}

async function replace(host: SelfUpdateHost, wanted: Wanted): Promise<void> {
  const { program } = host;
  await using scratch = await UpdateFolder.create(program, host.write);
  try {
    const fresh = join(scratch.path, basename(program));
    await obtain(fresh, host, wanted);
    await tryOut(fresh, wanted.tag);
    host.signal.throwIfAborted();
    await Deno.rename(fresh, program);
    await syncFolder(dirname(program));
  } catch (cause) {
    host.signal.throwIfAborted();
    if (cause instanceof DewyError) throw cause;
    throw FilesystemError.wrap(`Cannot replace "${program}"`, cause);
  }
}

async function obtain(
  path: string,
  { platform, write, signal }: SelfUpdateHost,
  { releases, tag }: Wanted,
): Promise<void> {
  const name = `dewy_${platform.os}_${platform.arch}.tar.gz`;
  const sha256 = await releases.sha256(tag, name);
  write(`Downloading ${name} of ${tag}\n`);
  const { stream } = await releases.open(tag, name, signal);
  const created = { read: true, write: true, createNew: true };
  using archive = await Deno.open(`${path}.tar.gz`, created);
  await saveVerified(stream, archive, { name, sha256 });
  using program = await Deno.open(path, created);
  await unpackProgram(archive, program);
  await program.sync();
  await Deno.chmod(path, 0o755);
}

/** What does not start here must not take the place of what did. */
async function tryOut(path: string, tag: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(path, {
    args: ["--version"],
    stdin: "null",
  }).output();
  const told = new TextDecoder().decode(stdout);
  if (success && told.startsWith(`dewy version: ${tag.slice(1)} `)) return;
  const said = (told + new TextDecoder().decode(stderr)).trim().slice(0, 200);
  throw new ApplicationError(
    `Cannot update to ${tag}: its program does not run here: it said "${said}"`,
    { hint: "The program that was there is as it was" },
  );
}
