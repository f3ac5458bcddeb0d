import { deepEqual, equal, ok } from "node:assert/strict";
import {
  DOCKER_HUB,
  imageName,
  imageUrl,
  isLoopbackHost,
  parseImageRepository,
  parseImageUrl,
  pinnedImage,
} from "../../../src/base/image_reference.ts";

const NAMES: readonly (readonly [string, string])[] = [
  ["nginx", `${DOCKER_HUB}/library/nginx`],
  ["owner/app", `${DOCKER_HUB}/owner/app`],
  ["docker.io/nginx", `${DOCKER_HUB}/library/nginx`],
  ["index.docker.io/a/b", `${DOCKER_HUB}/a/b`],
  ["registry-1.docker.io/library/nginx", `${DOCKER_HUB}/library/nginx`],
  ["ghcr.io/o/app/", "ghcr.io/o/app"],
  ["GHCR.IO/o/app", "ghcr.io/o/app"],
  ["localhost/app", "localhost/app"],
  ["registry:5000/app", "registry:5000/app"],
  ["127.0.0.1:05000/a/b/c", "127.0.0.1:5000/a/b/c"],
  ["[::1]:5000/app", "[::1]:5000/app"],
  ["my_reg.local:80/a__b/c.d/e--f", "my_reg.local:80/a__b/c.d/e--f"],
  [
    "europe-west1-docker.pkg.dev/p/r/app",
    "europe-west1-docker.pkg.dev/p/r/app",
  ],
  [
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app",
  ],
  ["acme.azurecr.io/team/app", "acme.azurecr.io/team/app"],
];

for (const [text, name] of NAMES) {
  Deno.test(`parseImageRepository() reads ${text}`, () => {
    const place = parseImageRepository(text);
    ok(!("problem" in place), JSON.stringify(place));
    equal(imageName(place), name);
  });
}

const PROBLEMS: readonly (readonly [string, RegExp])[] = [
  ["", /no repository/],
  ["ghcr.io", /no repository/],
  ["ghcr.io/", /no repository/],
  ["nginx:1.21", /tag or a digest/],
  ["ghcr.io/o/app:v1", /tag or a digest/],
  ["ghcr.io/o/app@sha256:0", /tag or a digest/],
  ["ghcr.io/O/app", /lower-case/],
  ["ghcr.io/a/../b", /lower-case/],
  ["ghcr.io/a//b", /lower-case/],
  ["ghcr.io/a b", /lower-case/],
  ["ghcr.io/-a", /lower-case/],
  ["ghcr.io:0/a", /no host/],
  ["ghcr.io:66000/a", /no host/],
  ["ghcr.io:/a", /no host/],
  ["user@ghcr.io/a", /no host/],
  [".ghcr.io/a", /no host/],
  [`ghcr.io/${"a/".repeat(200)}a`, /too long/],
];

for (const [text, problem] of PROBLEMS) {
  Deno.test(`parseImageRepository() refuses "${text.slice(0, 40)}"`, () => {
    const place = parseImageRepository(text);
    ok(
      "problem" in place && problem.test(place.problem),
      JSON.stringify(place),
    );
  });
}

Deno.test("parseImageUrl() reads what imageUrl() writes", () => {
  const digest = `sha256:${"0a".repeat(32)}`;
  const image = {
    registry: "localhost:5000",
    repository: "a/b",
    tag: "v1.2.3_blue",
  };
  deepEqual(parseImageUrl(imageUrl(image)), image);
  const pinned = { ...image, digest };
  equal(imageUrl(pinned), `img://localhost:5000/a/b:v1.2.3_blue@${digest}`);
  deepEqual(parseImageUrl(imageUrl(pinned)), pinned);
  equal(pinnedImage(image), "localhost:5000/a/b:v1.2.3_blue");
  equal(pinnedImage(pinned), `localhost:5000/a/b@${digest}`);
});

Deno.test("parseImageUrl() refuses what names no image", () => {
  const urls = [
    "img://ghcr.io/a/b",
    "img://localhost:5000/a/b",
    "img://ghcr.io/a/b:v1@sha256:0a",
    "img://ghcr.io/a/b:v1+blue",
    "img://ghcr.io/a/b:-v1",
    `img://ghcr.io/a/b:${"v".repeat(129)}`,
    "s3://region/bucket/app:v1",
    "img://ghcr.io/A/b:v1",
  ];
  for (const url of urls) equal(parseImageUrl(url), undefined, url);
});

Deno.test("isLoopbackHost() knows this machine, and nobody who looks like it", () => {
  const own = [
    "localhost",
    "localhost:5000",
    "127.0.0.1",
    "127.1.2.255:1",
    "[::1]",
    "[::1]:5000",
  ];
  const others = [
    "localhost.example.com",
    "127.0.0.1.example.com:5000",
    "127.0.0.256",
    "127.0.0",
    "10.0.0.1",
    "[::2]",
    "example.com",
  ];
  for (const host of own) ok(isLoopbackHost(host), host);
  for (const host of others) ok(!isLoopbackHost(host), host);
});
