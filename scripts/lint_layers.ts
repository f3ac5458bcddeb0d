/**
 * Lint plugin that keeps imports flowing one way and ambient state at the edge.
 *
 * @module
 */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** What each folder of `src/` may import besides itself and `src/base/`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  client: [],
  registry: ["client"],
  artifact: ["client"],
  cache: ["client"],
  release: [],
  process: [],
  fetcher: ["registry", "artifact", "cache", "release", "client"],
  container: ["client", "rollout", "admin"],
  proxy: [],
  admin: [
    "supervisor/operations.ts",
    "telemetry/log_events.ts",
    "telemetry/logger.ts",
  ],
  rollout: ["proxy/backend.ts", "proxy/balancer.ts"],
  notify: ["client"],
  telemetry: ["client"],
  metrics: ["proxy/port_metrics.ts"],
  supervisor: [
    "registry/registry.ts",
    "cache/cache.ts",
    "fetcher/source.ts",
    "release/release_store.ts",
    "process/application.ts",
    "process/hook.ts",
    "container/containers.ts",
    "container/own_containers.ts",
    "rollout",
    "proxy/proxy.ts",
    "notify/notifier.ts",
    "telemetry/telemetry.ts",
  ],
  cli: ["*"],
};

/** What only `src/cli/` may reach for. */
const AMBIENT = new Set(["args", "env", "exit"]);

/** Returns why `from` must not import `to`, or `undefined` when it may. */
export function importProblem(from: string, to: string): string | undefined {
  const [source = ""] = from.split("/");
  const [target = ""] = to.split("/");
  const allowed = MAY_IMPORT[source];
  if (allowed === undefined) return `Cannot place "src/${from}" in a layer`;
  if (target === source || target === "base") return undefined;
  if (["*", target, to].some((entry) => allowed.includes(entry))) {
    return undefined;
  }
  return `"src/${source}/" must not import "src/${to}"`;
}

const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    "one-way": {
      create(context) {
        const from = relative(SRC, context.filename);
        if (from.startsWith("..")) return {};
        const check = (source: Deno.lint.StringLiteral | null) => {
          if (source === null || !source.value.startsWith(".")) return;
          const to = join(dirname(context.filename), source.value);
          const problem = importProblem(from, relative(SRC, to));
          if (problem) context.report({ node: source, message: problem });
        };
        return {
          ImportDeclaration: (node) => check(node.source),
          ExportAllDeclaration: (node) => check(node.source),
          ExportNamedDeclaration: (node) => check(node.source),
        };
      },
    },
    "ambient": {
      create(context) {
        const from = relative(SRC, context.filename);
        if (from.startsWith("..") || from.startsWith("cli/")) return {};
        return {
          MemberExpression(node) {
            if (node.object.type !== "Identifier") return;
            if (node.object.name !== "Deno") return;
            if (node.property.type !== "Identifier") return;
            if (!AMBIENT.has(node.property.name)) return;
            context.report({
              node,
              message: `"Deno.${node.property.name}" belongs in "src/cli/"`,
            });
          },
        };
      },
    },
  },
};
export default plugin;
