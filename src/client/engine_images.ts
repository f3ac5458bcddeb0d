import type { Image, ImageDetails } from "./engine_types.ts";

/** An image as `GET /images/json` has it. */
export interface RawImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  /** Unix seconds. */
  readonly Created?: number;
  readonly Size?: number;
}

/** An image as `GET /images/{name}/json` has it; what is not set may be left out. */
export interface RawImageDetails extends Omit<RawImage, "Created"> {
  readonly Created?: string;
  readonly Os?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
  readonly Config?: {
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly User?: string;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
  } | null;
}

/** Returns an image of a list. */
export function toImage(raw: RawImage): Image {
  return { ...namesOf(raw), createdAt: (raw.Created ?? 0) * 1000 };
}

/** Returns an image in full. */
export function toImageDetails(raw: RawImageDetails): ImageDetails {
  const { Os: os = "", Architecture: architecture = "", Variant: variant } =
    raw;
  const config = raw.Config ?? {};
  const createdAt = Date.parse(raw.Created ?? "");
  return {
    ...namesOf(raw),
    createdAt: Number.isNaN(createdAt) ? 0 : createdAt,
    platform: [os, architecture, variant].filter(Boolean).join("/"),
    exposedPorts: Object.keys(config.ExposedPorts ?? {})
      .sort((a, b) => parseInt(a) - parseInt(b)),
    labels: config.Labels ?? {},
    user: config.User ?? "",
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
  };
}

/** Returns whether the image has a name in the repository. */
export function isOf(image: Image, repository: string): boolean {
  const wanted = fullName(repository);
  return [...image.tags, ...image.digests]
    .some((name) => fullName(repositoryOf(name)) === wanted);
}

/** Returns whether a reference says which image of a repository is meant. */
export function isPrecise(reference: string): boolean {
  return repositoryOf(reference) !== reference;
}

function namesOf(
  raw: Omit<RawImage, "Created">,
): Omit<Image, "createdAt"> {
  // Docker writes these for images without a name.
  const isName = (name: string) => !name.startsWith("<none>");
  return {
    id: raw.Id.startsWith("sha256:") ? raw.Id : `sha256:${raw.Id}`,
    // Podman has digests among them.
    tags: (raw.RepoTags ?? []).filter((tag) =>
      isName(tag) && !tag.endsWith(":<none>") && !tag.includes("@")
    ),
    digests: (raw.RepoDigests ?? []).filter(isName),
    sizeBytes: raw.Size ?? 0,
  };
}

/** Cuts digest and tag off; the colon of a tag comes after the last slash. */
function repositoryOf(reference: string): string {
  const [name = ""] = reference.split("@", 1);
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
}

/** Docker leaves out what it takes for granted, Podman does not. */
function fullName(repository: string): string {
  const [first = "", ...rest] = repository.split("/");
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  if (!hasHost) return fullName(`docker.io/${repository}`);
  const isShort = first === "docker.io" && rest.length === 1;
  return isShort ? `docker.io/library/${rest[0]}` : repository;
}
