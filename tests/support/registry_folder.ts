import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { tar, type TarSpec } from "./tar_bytes.ts";

/** Where the fixture programs are. */
const PROGRAMS = new URL("../fixtures/programs/", import.meta.url);

/** What a version is made of; the file `VERSION` with its tag is always there. */
export interface PublishOptions {
  /** Name of a fixture program, which is put into the archive. */
  readonly program?: string;
  /** Its name there; its own when left out. */
  readonly programAs?: string;
  /** More files, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** `app_<os>_<arch>.tar.gz` of this host when left out. A name without `.gz` is not compressed. */
  readonly artifactName?: string;
  /** Bytes to publish in place of an archive. */
  readonly bytes?: Uint8Array;
  /** Whether `<artifact>.sha256` is published too: right, wrong, or (left out) not at all. */
  readonly checksum?: "right" | "wrong";
}

/** A registry for `file://`: a folder of versions, each a folder of artifacts. */
export class RegistryFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(path: string): Promise<RegistryFolder> {
    await Deno.mkdir(path, { recursive: true });
    await Deno.mkdir(`${path}.filling`, { recursive: true });
    return new RegistryFolder(path);
  }

  /** For `--registry`. */
  get url(): string {
    return pathToFileURL(this.path).href;
  }

  /** Publishes a version, or replaces it: it appears whole, in one step. */
  async publish(tag: string, options: PublishOptions = {}): Promise<void> {
    const name = options.artifactName ?? artifactName();
    const bytes = options.bytes ?? await archive(tag, name, options);
    await this.place(tag, async (folder) => {
      await Deno.writeFile(join(folder, name), bytes);
      if (options.checksum === undefined) return;
      const sum = createHash("sha256").update(bytes).digest("hex");
      const published = options.checksum === "right" ? sum : "0".repeat(64);
      await Deno.writeTextFile(
        join(folder, `${name}.sha256`),
        `${published}  ${name}\n`,
      );
    });
  }

  /** The same with a version folder that `fill` fills. */
  async place(
    tag: string,
    fill: (folder: string) => Promise<void>,
  ): Promise<void> {
    const filling = join(`${this.path}.filling`, tag);
    const folder = join(this.path, tag);
    await Deno.mkdir(filling);
    await fill(filling);
    await this.withdraw(tag);
    await Deno.rename(filling, folder);
  }

  /** Removes a version, when it is there. */
  async withdraw(tag: string): Promise<void> {
    const gone = join(`${this.path}.filling`, `gone-${crypto.randomUUID()}`);
    try {
      await Deno.rename(join(this.path, tag), gone);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    await Deno.remove(gone, { recursive: true });
  }
}

/** Returns the name of an artifact for this host. */
export function artifactName(ending = ".tar.gz"): string {
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "amd64";
  return `app_${Deno.build.os}_${arch}${ending}`;
}

async function archive(
  tag: string,
  name: string,
  options: PublishOptions,
): Promise<Uint8Array> {
  const entries: TarSpec[] = [{ name: "VERSION", body: `${tag}\n` }];
  if (options.program !== undefined) {
    const body = await Deno.readFile(new URL(options.program, PROGRAMS));
    const { programAs = options.program } = options;
    entries.push({ name: programAs, body, mode: 0o755 });
  }
  for (const [file, body] of Object.entries(options.files ?? {})) {
    entries.push({ name: file, body, mode: 0o755 });
  }
  const bytes = tar(...entries);
  return name.endsWith(".gz") || name.endsWith(".tgz")
    ? gzipSync(bytes, { level: 1 })
    : bytes;
}
