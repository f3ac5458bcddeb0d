import { deepEqual, equal, throws } from "node:assert/strict";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import {
  githubAddress,
  isUploadAddress,
} from "../../../src/client/github_address.ts";
import {
  formatArtifactUrl,
  parseArtifactUrl,
} from "../../../src/client/github_artifact_url.ts";

Deno.test("githubAddress() takes the address as it is, but for the token exchange", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["https://api.github.com/", "https://api.github.com", ""],
    ["https://ghe.example.com/api/v3/", "https://ghe.example.com/api/v3", ""],
    ["https://ghe.example.com", "https://ghe.example.com", "/api/v3"],
    ["https://api.corp.ghe.com", "https://api.corp.ghe.com", ""],
    ["https://x.api.corp.example", "https://x.api.corp.example", ""],
  ];
  for (const [text, apiUrl, added] of cases) {
    deepEqual(githubAddress({ GITHUB_API_URL: text }), {
      apiUrl,
      tokenUrl: apiUrl + added,
    });
  }
});

Deno.test("githubAddress() takes GITHUB_API_URL, then GITHUB_ENDPOINT, then GitHub's own", () => {
  const env = { GITHUB_API_URL: "https://a", GITHUB_ENDPOINT: "https://b" };
  equal(githubAddress(env).apiUrl, "https://a");
  equal(githubAddress({ ...env, GITHUB_API_URL: "" }).apiUrl, "https://b");
  equal(githubAddress({}).apiUrl, "https://api.github.com");
});

Deno.test("githubAddress() refuses what is no plain URL without repeating it", () => {
  for (
    const url of ["ghe", "ftp://x", "https://user:secret@x", "https://x?y"]
  ) {
    throws(
      () => githubAddress({ GITHUB_ENDPOINT: url }),
      (error) =>
        error instanceof ConfigError &&
        error.message.includes("GITHUB_ENDPOINT") &&
        !error.message.includes("secret"),
    );
  }
});

Deno.test("isUploadAddress() allows the API's own host and its sibling for uploads", () => {
  const allowed = [
    ["https://h/api/uploads/x", "https://h/api/v3"],
    ["https://uploads.github.com/x", "https://api.github.com"],
    ["https://uploads.corp.ghe.com/x", "https://api.corp.ghe.com"],
  ];
  const refused = [
    ["https://uploads.github.com/x", "https://h/api/v3"],
    ["http://uploads.github.com/x", "https://api.github.com"],
    ["https://uploads.evil.example/", "https://api.github.com"],
  ];
  const isAllowed = ([url = "", api = ""]: string[]) =>
    isUploadAddress(new URL(url), api);
  deepEqual(allowed.filter(isAllowed), allowed);
  deepEqual(refused.filter(isAllowed), []);
});

Deno.test("formatArtifactUrl() is read back by parseArtifactUrl() whatever the names", () => {
  const names = ["v1.2.3+blue", "release/2024.01", "a%2Fb", "ア プリ?#&.zip"];
  for (const tag of names) {
    for (const name of names) {
      const artifact = { owner: "o", repo: "my.app", tag, name };
      deepEqual(parseArtifactUrl(formatArtifactUrl(artifact)), artifact);
    }
  }
  equal(
    formatArtifactUrl({
      owner: "o",
      repo: "r",
      tag: "v1.0.0+blue",
      name: "app_linux_amd64.tar.gz",
    }),
    "ghr://o/r/tag/v1.0.0+blue/app_linux_amd64.tar.gz",
  );
});

Deno.test("parseArtifactUrl() refuses other forms", () => {
  const urls = [
    "ghr://o/r/tag/v1",
    "ghr://o/r/tags/v1/a",
    "ghr://o/r/tag/v1/a/b",
    "ghr://o/r/tag/%ZZ/a",
  ];
  for (const url of urls) throws(() => parseArtifactUrl(url), SourceError);
});
