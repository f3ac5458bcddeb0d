import { deepEqual, equal, ok } from "node:assert/strict";
import {
  parseImageUrl,
  pinnedImage,
  taggedImage,
} from "../../../src/base/image_reference.ts";
import { openRegistry } from "../../../src/registry/open_registry.ts";
import {
  GRACE_PERIOD_MS,
  type Registry,
} from "../../../src/registry/registry.ts";
import { ImagePush } from "../../support/image_push.ts";
import { ImageRegistry } from "../../support/image_registry.ts";
import { OciStandIn } from "../../support/oci_stand_in.ts";

const NEVER = new AbortController().signal;

function open(
  url: string,
  options: { readonly slot?: string; readonly now?: () => number } = {},
): Promise<Registry> {
  return openRegistry(url, {
    slot: "",
    platform: { os: "linux", arch: "amd64" },
    env: {},
    ...options,
  });
}

async function latestTag(url: string, slot = ""): Promise<string> {
  const latest = await (await open(url, { slot })).latest(NEVER);
  return latest.kind === "release" ? latest.release.tag : latest.kind;
}

Deno.test("ImgRegistry names the image of the newest version by its digest", async () => {
  await using registry = await ImageRegistry.start({ line: "debian" });
  const { origin, host } = registry;
  const push = new ImagePush({ origin, repository: "acme/web" });
  const image = await push.image("v1.9.0", "one platform");
  const arm = await push.image("v1.0.0", "another platform");
  const index = await push.index("v1.10.0", {
    "linux/amd64": image,
    "linux/arm64": arm,
  });
  const url = `img://${host}/acme/web`;
  const latest = await (await open(url)).latest(NEVER);
  deepEqual(latest, {
    kind: "release",
    incomplete: [],
    release: {
      id: index.digest,
      tag: "v1.10.0",
      artifactUrl: `${url}:v1.10.0@${index.digest}`,
      artifactName: "web",
      fingerprint: index.digest,
      checksumUrls: [],
      slot: "",
    },
  });
  const found = parseImageUrl(`${url}:v1.10.0@${index.digest}`);
  ok(found !== undefined);
  equal(taggedImage(found), `${host}/acme/web:v1.10.0`);
  equal(pinnedImage(found), `${host}/acme/web@${index.digest}`);
  equal(await latestTag(`${url}?version=v1.9.0`), "v1.9.0");
  equal(await latestTag(`${url}?constraint=~1.9`), "v1.9.0");
});

Deno.test("ImgRegistry reads a slot behind an underscore, where slots are asked for", async () => {
  await using registry = await ImageRegistry.start({ line: "debian" });
  const { origin, host } = registry;
  const push = new ImagePush({ origin, repository: "app" });
  for (
    const tag of ["v1.0.0", "v1.1.0_blue", "v1.2.0_green", "v1.3.0_arm64_x"]
  ) {
    await push.image(tag, tag);
  }
  const url = `img://${host}/app`;
  equal(await latestTag(url), "v1.0.0");
  equal(await latestTag(url, "blue"), "v1.1.0+blue");
  equal(await latestTag(url, "green"), "v1.2.0+green");
  equal(await latestTag(url, "red"), "filtered");
  equal(await latestTag(`${url}?version=v1.1.0+blue`), "v1.1.0+blue");
  const latest = await (await open(url, { slot: "blue" })).latest(NEVER);
  ok(latest.kind === "release");
  equal(latest.release.slot, "blue");
  equal(parseImageUrl(latest.release.artifactUrl)?.tag, "v1.1.0_blue");
});

Deno.test("ImgRegistry leaves an underscore to a CalVer format that has one", async () => {
  await using registry = await ImageRegistry.start({ line: "debian" });
  const { origin, host } = registry;
  const push = new ImagePush({ origin, repository: "app" });
  for (const tag of ["2024_01", "2024_02_blue", "2024_03_green"]) {
    await push.image(tag, tag);
  }
  const url = `img://${host}/app?calver=YYYY_0M`;
  equal(await latestTag(url), "2024_01");
  equal(await latestTag(url, "blue"), "2024_02+blue");
});

Deno.test("ImgRegistry passes over tags without an image, quietly at first", async () => {
  let gone = 2;
  await using registry = new OciStandIn((url) => {
    if (url.pathname.endsWith("/list")) {
      const tags = Array.from({ length: 9 }, (_, minor) => `v1.${minor}.0`);
      return Response.json({ tags });
    }
    const [minor = ""] = /\d(?=\.0$)/.exec(url.pathname) ?? [];
    if (Number(minor) > 8 - gone) return new Response(null, { status: 404 });
    const digest = `sha256:${"ab".repeat(32)}`;
    return new Response(null, { headers: { "docker-content-digest": digest } });
  });
  const started = Date.now();
  let now = started;
  const opened = await open(`img://${registry.host}/app`, { now: () => now });
  const missing = (tag: string, withinGrace: boolean) => ({
    tag,
    reason: `image not found: tag "${tag}" stands for none`,
    publishedAt: started,
    withinGrace,
  });
  const look = async () => {
    const latest = await opened.latest(NEVER);
    ok(latest.kind !== "filtered");
    const tag = latest.kind === "release" ? latest.release.tag : undefined;
    return { tag, incomplete: latest.incomplete };
  };
  const [early, late] = [true, false];
  deepEqual(await look(), {
    tag: "v1.6.0",
    incomplete: [missing("v1.8.0", early), missing("v1.7.0", early)],
  });
  now += GRACE_PERIOD_MS;
  deepEqual(await look(), {
    tag: "v1.6.0",
    incomplete: [missing("v1.8.0", late), missing("v1.7.0", late)],
  });
  gone = 0;
  deepEqual(await look(), { tag: "v1.8.0", incomplete: [] });
  gone = 9;
  registry.requests.length = 0;
  const { tag, incomplete } = await look();
  deepEqual([tag, incomplete.length], [undefined, 5]);
  equal(registry.requests.length, 6);
});
