import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  booleanOption,
  describeUrl,
  parseDriverUrl,
} from "../../../src/base/url.ts";
import { ConfigError } from "../../../src/base/errors.ts";

const REGISTRY = { what: "registry", options: ["artifact", "pre-release"] };

Deno.test("describeUrl() hides users, passwords and unknown option values", () => {
  const cases: readonly [string, string][] = [
    ["ghr://owner/repo", "ghr://owner/repo"],
    ["smtp://me:p@ss/w@host:25", "smtp://***@host:25"],
    ["smtp://me:p/secret@host:25", "smtp://***@host:25"],
    ["img://h:5000/r@sha256:00", "img://h:5000/r@sha256:00"],
    ["img://[::1]:5000/r", "img://[::1]:5000/r"],
    ["smtp://me:secret@host:25/x", "smtp://***@host:25/x"],
    ["me:secret@host", "***@host"],
    [
      "https://h/x?X-Amz-Signature=abc&artifact=a",
      "https://h/x?X-Amz-Signature=***&artifact=a",
    ],
    [
      "s3://r/b?endpoint=https://u:p@h&region=x",
      "s3://r/b?endpoint=***&region=x",
    ],
    ["s3://r/b?endpoint=https%3A%2F%2Fu%3Ap%40h", "s3://r/b?endpoint=***"],
  ];
  for (const [url, expected] of cases) equal(describeUrl(url), expected);
  for (const [url] of cases) ok(!describeUrl(url).includes("secret"));
});

Deno.test("parseDriverUrl() keeps hosts, ports and addresses as written", () => {
  const hosts = [
    "127.0.0.1:5000",
    "[::1]:5000",
    "my_reg:5000",
    "Reg.Example.com:443",
    "localhost:5000",
  ];
  for (const host of hosts) {
    const url = parseDriverUrl(`IMG://${host}/a/b`, { what: "registry" });
    deepEqual([url.scheme, url.host, url.path], ["img", host, "/a/b"]);
  }
});

Deno.test("parseDriverUrl() decodes the path and the options", () => {
  const url = parseDriverUrl(
    "file:///srv/a%20b%23?Artifact=%E3%81%82.zip&PRE-RELEASE=",
    REGISTRY,
  );
  equal(url.path, "/srv/a b#");
  equal(url.options.get("artifact"), "あ.zip");
  ok(!url.options.has("pre-release"));
});

Deno.test("parseDriverUrl() keeps a plus sign in an option", () => {
  const url = parseDriverUrl("file:///x?version=v1.2.3+blue", { what: "x" });
  equal(url.options.get("version"), "v1.2.3+blue");
});

Deno.test("parseDriverUrl() refuses what is no URL", () => {
  for (
    const text of [
      "",
      "ghr",
      "ghr://",
      "://x",
      "ghr:/x",
      "file:///a#b",
      "file:///%",
    ]
  ) {
    throws(() => parseDriverUrl(text, REGISTRY), ConfigError, text);
  }
});

Deno.test("parseDriverUrl() refuses unknown and repeated options", () => {
  throws(() => parseDriverUrl("file:///x?artefact=a", REGISTRY), {
    message:
      'Cannot read registry "file:///x?artefact=***": option "artefact" is unknown',
    hint: "Known options: artifact, pre-release",
  });
  throws(
    () => parseDriverUrl("file:///x?artifact=a&ARTIFACT=b", REGISTRY),
    /given twice/,
  );
});

Deno.test("booleanOption() reads every spelling and refuses others", () => {
  const read = (value: string) =>
    booleanOption(
      parseDriverUrl(`file:///x?pre-release=${value}`, REGISTRY),
      "pre-release",
    );
  for (const yes of ["1", "t", "T", "true", "True", "TRUE", "on"]) {
    ok(read(yes), yes);
  }
  for (const no of ["0", "f", "F", "false", "False", "FALSE", "off", ""]) {
    ok(!read(no), no);
  }
  for (const bad of ["yes", "tRUE", "2"]) throws(() => read(bad), ConfigError);
});
