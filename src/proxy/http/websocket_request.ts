import {
  type ClientFacts,
  outboundFields,
  RequestRefusal,
} from "./outbound.ts";

/** The opening handshake that a backend is asked for (RFC 6455, 4.1). */
export interface Handshake {
  readonly target: string;
  /** By name, without those that belong to one connection. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Each side has a key of its own, and compression is agreed on for one hop. */
const OWN = new Set([
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-extensions",
  "sec-websocket-accept",
]);
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Whether a client asks for a WebSocket. */
export function isUpgrade({ method, headers }: Request): boolean {
  const upgrade = headers.get("upgrade");
  return upgrade !== null && method === "GET" && names(upgrade, "websocket") &&
    names(headers.get("connection") ?? "", "upgrade");
}

/** Writes what a backend is asked for, or why it is not; the gate leaves no body behind it. */
export function handshakeOf(
  request: Request,
  client: ClientFacts,
): Handshake | RequestRefusal {
  const { headers } = request;
  if (headers.get("sec-websocket-version") !== "13") {
    return new RequestRefusal(426, "Sec-WebSocket-Version");
  }
  if (!KEY.test(headers.get("sec-websocket-key") ?? "")) {
    return new RequestRefusal(400, "Sec-WebSocket-Key");
  }
  const out = outboundFields(request, client);
  if (out instanceof RequestRefusal) return out;
  const pairs = out.fields.trimEnd().split("\r\n").map(splitField);
  return {
    target: out.target,
    headers: Object.fromEntries(pairs.filter(([name]) => !OWN.has(name))),
  };
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 2)];
}

function names(list: string, token: string): boolean {
  return list.toLowerCase().split(",").some((part) => part.trim() === token);
}
