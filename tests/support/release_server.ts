import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { writeTar } from "../../scripts/build/tar.ts";

/** What a release is made of, and what is wrong with it. */
export interface ReleaseSpec {
  /** Without `v`. */
  readonly version: string;
  /** A script that stands in for the program; one that answers `--version` and `init` when left out. */
  readonly program?: string | Uint8Array<ArrayBuffer>;
  readonly fault?: "wrong-sum" | "missing-sum" | "no-sums" | "truncated";
  /** The archive itself, in place of one that holds `program`. */
  readonly archive?: Uint8Array<ArrayBuffer>;
  /** What `VERSION` holds. @default the tag and a line end */
  readonly versionText?: string;
  /** Writes one line of `SHA256SUMS`. @default as sha256sum does */
  readonly line?: (sum: string, name: string) => string;
}

/** The archives that every release here has. */
const ARCHIVES = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"]
  .map((platform) => `dewy_${platform}.tar.gz`);

const encoder = new TextEncoder();

/** A server of releases on the loopback address, laid out as the project's own. */
export class ReleaseServer implements AsyncDisposable {
  #server: Deno.HttpServer<Deno.NetAddr>;
  #files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Paths that are answered with a head and half of the bytes, and nothing more. */
  readonly hanging = new Set<string>();
  /** Paths that are answered without an end. */
  readonly endless = new Set<string>();
  /** What was asked for; full addresses where it was asked as a proxy. */
  readonly requests: string[] = [];
  readonly base: string;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
    this.base = `http://127.0.0.1:${this.#server.addr.port}/releases`;
  }

  /** Publishes a release, which is the latest then. */
  publish(spec: ReleaseSpec): void {
    const { version, fault, line = sumsLine } = spec;
    const archive = spec.archive ?? pack(spec.program ?? standIn(version));
    const sum = createHash("sha256").update(archive).digest("hex");
    const told = fault === "wrong-sum" ? "0".repeat(64) : sum;
    const sums = fault === "missing-sum" ? [line(sum, "other.tar.gz")] : [];
    for (const name of ARCHIVES) {
      const cut = fault === "truncated" ? archive.length - 10 : archive.length;
      this.#put(version, name, archive.slice(0, cut));
      if (fault !== "missing-sum") sums.push(line(told, name));
    }
    const text = spec.versionText ?? `v${version}\n`;
    this.#put(version, "VERSION", encoder.encode(text));
    if (fault !== "no-sums") {
      this.#put(version, "SHA256SUMS", encoder.encode(sums.join("")));
    }
  }

  #put(version: string, name: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#files.set(`/releases/download/v${version}/${name}`, bytes);
    this.#files.set(`/releases/latest/download/${name}`, bytes);
  }

  #answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    this.requests.push(request.url);
    if (this.endless.has(pathname)) return new Response(endless());
    const bytes = this.#files.get(pathname);
    if (bytes === undefined) return new Response("not found", { status: 404 });
    if (!this.hanging.has(pathname)) return new Response(bytes);
    const half = bytes.slice(0, bytes.length / 2);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(half),
    });
    const headers = { "content-length": `${bytes.length}` };
    return new Response(body, { headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** A program that says its version, and what it was asked to make a unit of. */
export function standIn(version: string): string {
  return `#!/bin/sh
case $1 in
  --version) echo "dewy version: ${version} [0000000, 2026-01-15T12:00:00Z]" ;;
  init) printf 'ExecStart=%s %s\\n' "$0" "$*" ;;
esac
`;
}

function sumsLine(sum: string, name: string): string {
  return `${sum}  ${name}\n`;
}

function pack(program: string | Uint8Array<ArrayBuffer>) {
  const bytes = typeof program === "string" ? encoder.encode(program) : program;
  const tar = [...writeTar([{ name: "dewy", mode: 0o755, bytes }], 0)];
  return new Uint8Array(gzipSync(concat(tar)));
}

function endless(): ReadableStream<Uint8Array> {
  const block = new Uint8Array(64 * 1024).fill(0x39);
  return new ReadableStream({
    pull: (controller) => controller.enqueue(block),
  });
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
