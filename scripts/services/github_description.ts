/**
 * Cuts GitHub's description of its API down to the operations that dewy uses:
 *
 *     npm pack @octokit/openapi@23.0.2 && tar xf octokit-openapi-23.0.2.tgz
 *     deno run -A scripts/services/github_description.ts \
 *       package/generated/api.github.com.json > tests/fixtures/github/api.json
 *     deno fmt tests/fixtures/github
 *
 * What the operations refer to comes along; examples are left out.
 *
 * @module
 */
import { print } from "../print.ts";

/** The operations that dewy uses. */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  "/repos/{owner}/{repo}/releases": ["get"],
  "/repos/{owner}/{repo}/releases/tags/{tag}": ["get"],
  "/repos/{owner}/{repo}/releases/assets/{asset_id}": ["get"],
  "/repos/{owner}/{repo}/releases/{release_id}/assets": ["post"],
  "/app/installations/{installation_id}/access_tokens": ["post"],
};

type Json = { [name: string]: unknown };

/** Returns the description with these operations only. */
function reduce(full: Json): Json {
  const paths: Json = {};
  for (const [path, methods] of Object.entries(OPERATIONS)) {
    const item = get(full, ["paths", path]);
    paths[path] = Object.fromEntries(
      methods.map((method) => [method, withoutExamples(item[method])]),
    );
  }
  const reduced: Json = {
    openapi: full["openapi"],
    info: full["info"],
    servers: full["servers"],
    paths,
    components: {},
  };
  const pending = references(paths);
  for (const reference of pending) {
    const keys = reference.slice(2).split("/");
    const part = withoutExamples(get(full, keys));
    put(reduced, keys, part);
    for (const more of references(part)) pending.add(more);
  }
  return reduced;
}

function get(json: Json, keys: readonly string[]): Json {
  return keys.reduce<Json>((part, key) => part[key] as Json, json);
}

function put(json: Json, keys: readonly string[], value: unknown): void {
  const last = keys.at(-1) ?? "";
  const parent = keys.slice(0, -1)
    .reduce<Json>((part, key) => (part[key] ??= {}) as Json, json);
  parent[last] = value;
}

function references(json: unknown): Set<string> {
  const text = JSON.stringify(json);
  const found = text.matchAll(/"\$ref":"([^"]+)"/g);
  return new Set([...found].map(([, reference = ""]) => reference));
}

function withoutExamples(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutExamples);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([name]) => name !== "examples")
      .map(([name, value]) => [name, withoutExamples(value)]),
  );
}

const [path = ""] = Deno.args;
const full: Json = JSON.parse(await Deno.readTextFile(path));
print(`${JSON.stringify(reduce(full), undefined, 1)}\n`);
