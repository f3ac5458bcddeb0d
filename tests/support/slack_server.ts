/** A post as the server took it. */
export interface SlackPost {
  readonly form: Readonly<Record<string, string>>;
  readonly attachment: Readonly<Record<string, unknown>>;
}

/** The arguments of chat.postMessage that a bot may give. */
const ARGUMENTS = new Set([
  "token",
  "channel",
  "text",
  "attachments",
  "blocks",
  "icon_emoji",
  "icon_url",
  "link_names",
  "mrkdwn",
  "parse",
  "reply_broadcast",
  "thread_ts",
  "unfurl_links",
  "unfurl_media",
  "username",
]);
/** What an attachment may hold. */
const ATTACHMENT_FIELDS: Readonly<Record<string, string>> = {
  color: "string",
  fallback: "string",
  title: "string",
  text: "string",
  fields: "object",
  footer: "string",
  "footer_icon": "string",
  ts: "number",
};

/** Answers in place of the Web API's own; `undefined` for those. */
export type SlackAnswer = () =>
  | Response
  | Promise<Response>
  | undefined;

/** A server for chat.postMessage of Slack's Web API, which refuses what Slack would. */
export class SlackServer implements AsyncDisposable {
  /** What was taken, in order. */
  readonly posts: SlackPost[] = [];
  /** Requests, also those that were refused. */
  requests = 0;
  answer: SlackAnswer = () => undefined;
  /** Why messages are not taken as answers, by the message they answer. */
  readonly refusedThreads = new Map<string, string>();
  #server: Deno.HttpServer<Deno.NetAddr>;
  #token: string;

  constructor(token = "xoxb-1234567890-secret") {
    this.#token = token;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#handle(request),
    );
  }

  /** What dewy needs to post here. */
  get env(): Record<string, string> {
    const { port } = this.#server.addr;
    return {
      SLACK_TOKEN: this.#token,
      SLACK_API_URL: `http://127.0.0.1:${port}/api`,
    };
  }

  /** The texts of the messages that were taken. */
  get texts(): string[] {
    return this.posts.map(({ attachment }) =>
      String(attachment["title"] ?? attachment["text"])
    );
  }

  async #handle(request: Request): Promise<Response> {
    this.requests++;
    const form = new URLSearchParams(await request.text());
    const other = await this.answer();
    if (other !== undefined) return other;
    const error = this.#problem(request, form);
    if (error !== undefined) return Response.json({ ok: false, error });
    const [attachment] = attachments(form);
    this.posts.push({
      form: Object.fromEntries(form),
      attachment: attachment ?? {},
    });
    return Response.json({
      ok: true,
      channel: "C123ABC456",
      ts: `1503435956.${String(this.posts.length).padStart(6, "0")}`,
    });
  }

  #problem(request: Request, form: URLSearchParams): string | undefined {
    const { pathname } = new URL(request.url);
    if (pathname !== "/api/chat.postMessage") return "unknown_method";
    if (request.method !== "POST") return "invalid_post_type";
    const type = request.headers.get("content-type")?.split(";")[0];
    if (type !== "application/x-www-form-urlencoded") {
      return "invalid_form_data";
    }
    const names = [...form.keys()];
    if (new Set(names).size < names.length) return "invalid_array_arg";
    if (names.some((name) => !ARGUMENTS.has(name))) return "invalid_arg_name";
    if (!form.has("token")) return "not_authed";
    if (form.get("token") !== this.#token) return "invalid_auth";
    const channel = form.get("channel") ?? "";
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(channel)) return "channel_not_found";
    const thread = form.get("thread_ts");
    if (thread !== null && !/^\d+\.\d{6}$/.test(thread)) {
      return "invalid_thread_ts";
    }
    const refused = this.refusedThreads.get(thread ?? "");
    if (refused !== undefined) return refused;
    if (thread === null && form.has("reply_broadcast")) {
      return "invalid_arguments";
    }
    return isAttachment(attachments(form)) ? undefined : "invalid_attachments";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function attachments(form: URLSearchParams): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(form.get("attachments") ?? "");
    return Array.isArray(value) ? value : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function isAttachment(list: readonly Record<string, unknown>[]): boolean {
  const [attachment, ...more] = list;
  if (attachment === undefined || more.length > 0) return false;
  return Object.entries(attachment).every(([name, value]) => {
    const kind = typeof value;
    return ATTACHMENT_FIELDS[name] === kind;
  });
}
