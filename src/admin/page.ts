import actions from "./page/actions.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import html from "./page/index.html" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import now from "./page/now.js" with { type: "text" };
import style from "./page/page.css" with { type: "text" };
import stream from "./page/stream.js" with { type: "text" };
import tables from "./page/tables.js" with { type: "text" };
import type { AdminReply } from "./message.ts";

/** Each one after those it imports. */
const MODULES = [format, dom, stream, now, tables, actions, main];
const IMPORT = /^import [^;]*;\n/gm;
/** Their places in the page. */
const STYLE = /<style>[^<]*<\/style>/;
const SCRIPT = /<script type="module">[^<]*<\/script>/;
const EXPORT = /^export (?=const|function|async|class)/gm;

let rendered: Promise<AdminReply> | undefined;

/** Returns the status page: one text, which allows itself nothing but its own style, script and API. */
export function renderPage(): Promise<AdminReply> {
  rendered ??= render();
  return rendered;
}

async function render(): Promise<AdminReply> {
  const script = MODULES.map((module) =>
    module.replace(IMPORT, "").replace(EXPORT, "")
  ).join("\n");
  const policy = [
    "default-src 'none'",
    `script-src '${await hash(script)}'`,
    `style-src '${await hash(style)}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return {
    status: 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy.join("; "),
    },
    // Functions, since a text would have its "$" read as patterns.
    body: html.replace(STYLE, () => `<style>${style}</style>`)
      .replace(SCRIPT, () => `<script type="module">${script}</script>`),
  };
}

/** A source of a Content-Security-Policy (Level 3, 2.3.1): the one text that is allowed. */
async function hash(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256-${digest.toBase64()}`;
}
