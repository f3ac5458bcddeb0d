import { gzipSync } from "node:zlib";
import type { ArtifactErrorCode } from "../../src/base/errors.ts";
import type { ExtractLimits } from "../../src/release/extract.ts";
import {
  base256,
  bytes,
  concat,
  gnuLong,
  pax,
  tar,
  tarEntry,
} from "./tar_bytes.ts";
import { zip } from "./zip_bytes.ts";

/** An archive that must not be unpacked. */
export interface HostileArchive {
  readonly title: string;
  readonly name: string;
  readonly bytes: () => Uint8Array;
  readonly code: ArtifactErrorCode;
}

/** The limits that the archives here break; a folder beside the target is called `sentinel`. */
export const TIGHT_LIMITS: ExtractLimits = {
  maxBytes: 8 * 1024 * 1024,
  maxFileBytes: 4 * 1024 * 1024,
  maxEntries: 500,
  maxDepth: 12,
};

type Case = readonly [title: string, bytes: () => Uint8Array];

const file = { name: "a", body: "a" };
const outside = "../sentinel/evil";

function symlink(name: string, target: string) {
  return { name, type: "2", target };
}

function hardLink(name: string, target: string) {
  return { name, type: "1", target };
}

function directory(name: string) {
  return { name, type: "5", mode: 0o755 };
}

const REFUSED_TARS: readonly Case[] = [
  ["a name that climbs", () => tar({ name: outside, body: "x" })],
  ["a name that climbs later", () => tar({ name: `a/b/../../${outside}` })],
  ["a name that climbs and returns", () => tar({ name: "a/../b" })],
  ["an absolute name", () => tar({ name: "/tmp/dewy-evil", body: "x" })],
  [
    "an absolute folder",
    () => tar({ ...directory("/tmp/dewy-evil"), ...file }),
  ],
  ["a folder that climbs", () => tar(file, directory("../sentinel/d"))],
  ["a prefix that climbs", () => tar({ name: "evil", prefix: "../sentinel" })],
  ["a PAX path that climbs", () => tar(pax({ path: outside }), file)],
  ["a GNU long name that climbs", () => tar(gnuLong("L", outside), file)],
  ["an absolute PAX path", () => tar(pax({ path: "/tmp/dewy-evil" }), file)],
  ["a name with a backslash", () => tar({ name: "..\\sentinel\\evil" })],
  ["a NUL in a PAX path", () => tar(pax({ path: "a\0/../b" }), file)],
  ["an empty name", () => tar({ name: "" })],
  ["a name that is not UTF-8", () => tar({ name: Uint8Array.of(0x61, 0xff) })],
  ["a part of 300 bytes", () => tar(pax({ path: "n".repeat(300) }), file)],
  ["a file called as the root", () => tar({ name: "./", type: "7" })],

  ["an absolute link", () => tar(file, symlink("l", "/etc"))],
  [
    "an absolute PAX link",
    () => tar(file, pax({ linkpath: "/etc" }), symlink("l", "a")),
  ],
  [
    "an absolute GNU link",
    () => tar(file, gnuLong("K", "/etc"), symlink("l", "a")),
  ],
  ["a link that climbs", () => tar(file, symlink("l", "../sentinel"))],
  [
    "a link that leaves and returns",
    () => tar(file, symlink("l", "../target/a")),
  ],
  ["a link to the folder above", () => tar(file, symlink("d/l", "../.."))],
  [
    "a write through a link",
    () => tar(symlink("l", "../sentinel"), { name: "l/evil", body: "x" }),
  ],
  [
    "a write through an inner link",
    () => tar(directory("d"), symlink("l", "d"), { name: "l/evil", body: "x" }),
  ],
  [
    "a folder below a link",
    () => tar(file, symlink("l", "../sentinel"), directory("l/d")),
  ],
  [
    "a link below a link",
    () => tar(file, symlink("l", "../sentinel"), symlink("l/m", "x")),
  ],
  [
    "a link in place of a folder",
    () => tar({ name: "d/x", body: "x" }, symlink("d", "../sentinel")),
  ],
  [
    "a folder in place of a link",
    () => tar(file, symlink("d", "../sentinel"), directory("d")),
  ],
  [
    "a file in place of a link",
    () => tar(symlink("l", "../sentinel/secret"), { name: "l", body: "x" }),
  ],
  ["a chain of links", () =>
    tar(
      directory("a"),
      directory("b"),
      symlink("b/x", ".."),
      symlink("c", "b/x/.."),
      { name: "c/sentinel/evil", body: "x" },
    )],
  [
    "a chain of links, unused",
    () =>
      tar(file, directory("b"), symlink("b/x", ".."), symlink("c", "b/x/..")),
  ],
  ["a link that is inside only on paper", () =>
    tar(
      directory("p/q/r"),
      symlink("p/q/r/s", "../.."),
      symlink("u", "p/q/r/s/../.."),
      { name: "u/sentinel/evil", body: "x" },
    )],
  ["a link that is inside only on paper, unused", () =>
    tar(
      file,
      directory("p/q/r"),
      symlink("p/q/r/s", "../.."),
      symlink("u", "p/q/r/s/../.."),
    )],
  [
    "a link that leaves through a later link",
    () =>
      tar(
        file,
        symlink("d/u", "later/.."),
        symlink("d/later", "../../sentinel"),
      ),
  ],
  ["a dangling link", () => tar(file, symlink("l", "nowhere"))],
  ["a link below a file", () => tar(file, symlink("l", "a/b"))],
  ["a link to a file as a folder", () => tar(file, symlink("l", "a/"))],
  ["a link to itself", () => tar(file, symlink("l", "l"))],
  ["a loop of links", () => tar(file, symlink("l", "m"), symlink("m", "l"))],
  ["a loop that grows", () => tar(file, symlink("l", "l/l/l/l"))],
  ["an empty link", () => tar(file, symlink("l", ""))],

  ["an absolute hard link", () => tar(file, hardLink("h", "/etc/passwd"))],
  [
    "a hard link that climbs",
    () => tar(file, hardLink("h", "../sentinel/secret")),
  ],
  [
    "a hard link through a link",
    () => tar(file, symlink("l", "../sentinel"), hardLink("h", "l/secret")),
  ],
  [
    "a hard link to a link",
    () => tar(file, symlink("l", "../sentinel/secret"), hardLink("h", "l")),
  ],
  [
    "a hard link to a folder",
    () => tar(file, directory("d"), hardLink("h", "d")),
  ],
  ["a hard link to a later file", () => tar(hardLink("h", "a"), file)],
  [
    "a hard link with content",
    () => tar(file, { ...hardLink("h", "a"), body: "other" }),
  ],

  ["a character device", () => tar(file, { name: "null", type: "3" })],
  ["a block device", () => tar(file, { name: "sda", type: "4" })],
  ["a FIFO", () => tar(file, { name: "pipe", type: "6" })],
  ["an old sparse file", () => tar(file, { name: "s", type: "S", body: "x" })],
  [
    "a PAX sparse file",
    () => tar(pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0" }), file),
  ],
  ["an unknown type", () => tar(file, { name: "z", type: "Z" })],
  ["a global header that names", () => tar(pax({ path: "b" }, "g"), file)],
  [
    "a hard link twice",
    () => tar(file, hardLink("h", "a"), hardLink("h", "a")),
  ],
  [
    "a hard link in place of a file",
    () => tar(file, { name: "b" }, hardLink("b", "a")),
  ],
  ["a hard link in place of itself", () => tar(file, hardLink("a", "a"))],
  [
    "a link in place of a file",
    () => tar(file, { name: "b" }, symlink("b", "a")),
  ],
  [
    "a file in place of a link",
    () => tar(file, symlink("l", "a"), { name: "l" }),
  ],
  ["a folder in place of a file", () => tar(file, directory("a"))],
  ["a link twice", () => tar(file, symlink("l", "a"), symlink("l", "a"))],
  ["a file below a file", () => tar(file, { name: "a/b" })],
  ["a file in place of a folder", () => tar(directory("d"), { name: "d" })],
  ["no file at all", () => tar(directory("d"))],
  ["nothing at all", () => tar()],
];

const LARGE_TARS: readonly Case[] = [
  ["a path of many parts", () => tar({ name: "d/".repeat(20) + "f" })],
  [
    "a file that announces much",
    () => tar({ name: "a", size: base256(9n * 1024n ** 3n) }),
  ],
  ["a PAX size of much", () => tar(pax({ size: "9999999999" }), file)],
  [
    "files that are much together",
    () => tar(...["a", "b", "c"].map((name) => ({ name, body: zeros(3) }))),
  ],
  ["a header of 2 MiB", () => tar({ name: "x", type: "x", body: zeros(2) })],
  ["many entries", () => tar(...numbered((name) => ({ name })))],
  [
    "a file that comes again and is much together",
    () => tar(...[1, 2, 3].map(() => ({ name: "a", body: zeros(3) }))),
  ],
  [
    "many implied folders",
    () => tar(...numbered((name) => ({ name: `${name}/x/f` })).slice(0, 300)),
  ],
];

const CORRUPT_TARS: readonly Case[] = [
  ["a bad checksum", () => tar({ ...file, checksumError: 1 })],
  [
    "a size that is no number",
    () => tar({ ...file, size: bytes("12345678x") }),
  ],
  ["no end mark", () => tarEntry(file)],
  ["half an end mark", () => concat(tarEntry(file), new Uint8Array(512))],
  [
    "a lone zero block",
    () => concat(tarEntry(file), new Uint8Array(512), tar({ name: "b" })),
  ],
  ["a long name without entry", () => tar(file, gnuLong("L", "b"))],
  [
    "a malformed PAX header",
    () => tar({ name: "x", type: "x", body: "99 path=b\n" }, file),
  ],
  [
    "a PAX record without length",
    () => tar({ name: "x", type: "x", body: "path=b\n" }, file),
  ],
  [
    "an endless number",
    () => tar({ name: "a", size: new Uint8Array(12).fill(0xff) }),
  ],
  ["noise", () => crypto.getRandomValues(new Uint8Array(4096))],
  ["no bytes", () => new Uint8Array(0)],
];

const linkMode = 0o120777;

const REFUSED_ZIPS: readonly Case[] = [
  ["a name that climbs", () => zip({ name: outside, body: "x" })],
  ["an absolute name", () => zip({ name: "/tmp/dewy-evil", body: "x" })],
  ["a drive letter and backslash", () => zip({ name: "C:\\evil" })],
  ["a backslash of DOS", () => zip({ name: "..\\evil", system: 0, flags: 0 })],
  ["a NUL", () => zip({ name: "a\0b" })],
  ["a name that is not UTF-8", () => zip({ name: Uint8Array.of(0x61, 0xff) })],
  [
    "a link that climbs",
    () => zip(file, { name: "l", body: "../sentinel", mode: linkMode }),
  ],
  [
    "an absolute link",
    () => zip(file, { name: "l", body: "/etc", mode: linkMode }),
  ],
  [
    "a write through a link",
    () =>
      zip({ name: "l", body: "../sentinel", mode: linkMode }, {
        name: "l/evil",
        body: "x",
      }),
  ],
  [
    "a dangling link",
    () => zip(file, { name: "l", body: "x", mode: linkMode }),
  ],
  ["a device", () => zip(file, { name: "null", mode: 0o020666 })],
  ["a FIFO", () => zip(file, { name: "pipe", mode: 0o010644 })],
  ["a folder that is a file", () => zip({ name: "d/", mode: 0o100644 })],
  ["an encrypted file", () => zip({ ...file, flags: 0x801 })],
  ["a strongly encrypted file", () => zip({ ...file, flags: 0x841 })],
  [
    "a file in place of a link",
    () => zip(file, { name: "l", body: "a", mode: linkMode }, { name: "l" }),
  ],
  [
    "entries that overlap",
    () =>
      zip({ name: "a", body: zeros(1) }, {
        name: "b",
        body: zeros(1),
        offset: 0,
      }),
  ],
  ["nothing at all", () => zip()],
];

const CORRUPT_ZIPS: readonly Case[] = [
  [
    "a file longer than announced",
    () => zip({ name: "a", body: zeros(3), size: 10 }),
  ],
  [
    "a large file longer than announced",
    () => zip({ name: "a", body: zeros(3), size: 2 * 1024 * 1024 }),
  ],
  [
    "a large file shorter than announced",
    () => zip({ name: "a", body: zeros(2), size: 3 * 1024 * 1024 }),
  ],
  [
    "a large file with a wrong checksum",
    () => zip({ name: "a", body: zeros(2), crc: 1 }),
  ],
  ["a file shorter than announced", () => zip({ ...file, size: 100 })],
  [
    "a stored file of another length",
    () => zip({ ...file, method: 0, size: 100 }),
  ],
  ["a wrong checksum", () => zip({ ...file, crc: 1 })],
  [
    "a folder with content",
    () => zip(file, { name: "d/", mode: 0o040755, body: "x" }),
  ],
  ["an offset that is wrong", () => zip({ ...file, offset: 5 })],
  ["an offset past the end", () => zip({ ...file, offset: 1e9 })],
  [
    "a link of 9,000 bytes",
    () => zip(file, { name: "l", body: "x".repeat(9000), mode: linkMode }),
  ],
  ["noise", () => crypto.getRandomValues(new Uint8Array(4096))],
  ["no bytes", () => new Uint8Array(0)],
];

const LARGE_ZIPS: readonly Case[] = [
  ["a file that is much", () => zip({ name: "a", body: zeros(5) })],
  [
    "files that are much together",
    () => zip(...["a", "b", "c"].map((name) => ({ name, body: zeros(3) }))),
  ],
  ["many entries", () => zip(...numbered((name) => ({ name })))],
  ["a path of many parts", () => zip({ name: "d/".repeat(20) + "f" })],
];

/** Gigabytes in kilobytes: sixteen MiB of zeros, sixty-four times. */
const GZIP_BOMBS: readonly Case[] = [
  [
    "a file of a gigabyte",
    () => gzipBomb(tarEntry({ name: "a", size: 1024 ** 3 })),
  ],
  ["a gigabyte after the end", () => gzipBomb(tar(file))],
];

/** Every hostile archive there is. */
export const HOSTILE_ARCHIVES: readonly HostileArchive[] = [
  ...cases("evil.tar", "refused", REFUSED_TARS),
  ...cases("evil.tar", "too-large", LARGE_TARS),
  ...cases("evil.tar", "corrupt", CORRUPT_TARS),
  ...cases("evil.tar.gz", "too-large", GZIP_BOMBS),
  ...cases("evil.zip", "refused", REFUSED_ZIPS),
  ...cases("evil.zip", "corrupt", CORRUPT_ZIPS),
  ...cases("evil.zip", "too-large", LARGE_ZIPS),
];

function cases(
  name: string,
  code: ArtifactErrorCode,
  list: readonly Case[],
): HostileArchive[] {
  return list.map(([title, bytes]) => ({ title, name, bytes, code }));
}

function zeros(mebibytes: number): Uint8Array {
  return new Uint8Array(mebibytes * 1024 * 1024);
}

function numbered<T>(make: (name: string) => T): T[] {
  return Array.from({ length: 600 }, (_, index) => make(`n${index}`));
}

function gzipBomb(head: Uint8Array): Uint8Array {
  const member = gzipSync(zeros(16));
  return concat(gzipSync(head), ...Array.from({ length: 64 }, () => member));
}
