import { get } from "./http_bench.ts";

/** What would be a request of its own if a body or a head ended where it does not. */
export const POISON = "GET /poison HTTP/1.1\r\nHost: h\r\nX-Poison: 1\r\n\r\n";
const HOST = "Host: h\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
export const BODY = "3\r\nabc\r\n0\r\n\r\n";

export function post(headers: string, body: string): string {
  return `POST /x HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
}

export function chunks(body: string): string {
  return post(CHUNKED, body);
}

export function length(value: string, body = `abc${POISON}`): string {
  return post(`Content-Length: ${value}\r\n`, body);
}

function coding(lines: string): string {
  return post(lines, `${BODY}${POISON}`);
}

/** Bytes that must not make any request that reaches a backend. */
export const REFUSED: Readonly<Record<string, string>> = {
  "length before coding": post(
    `Content-Length: ${BODY.length}\r\n${CHUNKED}`,
    `0\r\n\r\n${POISON}`,
  ),
  "coding before length": post(
    `${CHUNKED}Content-Length: 6\r\n`,
    `0\r\n\r\n${POISON}`,
  ),
  "the same length twice": post(
    "Content-Length: 3\r\nContent-Length: 3\r\n",
    "abc",
  ),
  "two lengths": post(
    "Content-Length: 3\r\nContent-Length: 48\r\n",
    `abc${POISON}`,
  ),
  "a list of lengths": length("3, 3"),
  "a length with a sign": length("+3"),
  "a negative length": length("-3"),
  "a length in hex": length("0x3"),
  "an empty length": length(""),
  "a length with a letter": length("3a"),
  "a length beyond 64 bits": length("18446744073709551619"),
  "a length with a vertical tab": length("\x0b3"),
  "chunked, identity": coding("Transfer-Encoding: chunked, identity\r\n"),
  "identity, chunked": coding("Transfer-Encoding: identity, chunked\r\n"),
  "identity": coding("Transfer-Encoding: identity\r\n"),
  "xchunked": coding("Transfer-Encoding: xchunked\r\n"),
  "chunked twice": coding("Transfer-Encoding: chunked, chunked\r\n"),
  "two codings": coding(`${CHUNKED}Transfer-Encoding: identity\r\n`),
  "two codings, chunked last": coding(
    `Transfer-Encoding: identity\r\n${CHUNKED}`,
  ),
  "an unknown coding": post("Transfer-Encoding: gzip, chunked\r\n", BODY),
  "a space before the colon": coding("Transfer-Encoding : chunked\r\n"),
  "a tab before the colon": coding("Transfer-Encoding\t: chunked\r\n"),
  "a vertical tab before chunked": coding("Transfer-Encoding: \x0bchunked\r\n"),
  "a vertical tab behind chunked": coding("Transfer-Encoding: chunked\x0b\r\n"),
  "quoted chunked": coding('Transfer-Encoding: "chunked"\r\n'),
  "chunked in HTTP/1.0": `POST /x HTTP/1.0\r\n${HOST}${CHUNKED}\r\n${BODY}`,
  "a fold": `GET /x HTTP/1.1\r\n${HOST}X-A: a\r\n b\r\n\r\n`,
  "a folded coding": coding("Transfer-Encoding:\r\n chunked\r\n"),
  "a fold in the first header": `GET /x HTTP/1.1\r\n ${HOST}\r\n`,
  "bare LF in the head": `GET /x HTTP/1.1\nHost: h\nX-A: b\n\n${POISON}`,
  "bare LF behind the request line": `GET /x HTTP/1.1\n${HOST}\r\n`,
  "bare LF behind a header": `GET /x HTTP/1.1\r\nHost: h\n\r\n`,
  "bare LF for the empty line": `GET /x HTTP/1.1\r\n${HOST}\n${POISON}`,
  "bare LF before": `\n${POISON}`,
  "bare LF that hides a coding":
    `POST /x HTTP/1.1\r\n${HOST}X-A: b\nTransfer-Encoding: chunked\r\n` +
    `Content-Length: 5\r\n\r\n0\r\n\r\n${POISON}`,
  "a bare CR for the empty line": `GET /x HTTP/1.1\r\n${HOST}\r${POISON}`,
  "no Host": "GET /x HTTP/1.1\r\nX-A: b\r\n\r\n",
  "DEL in a value": `GET /x HTTP/1.1\r\n${HOST}X-A: a\x7fb\r\n\r\n`,
  "a byte beyond ASCII in the target": `GET /\xff HTTP/1.1\r\n${HOST}\r\n`,
  "a byte beyond ASCII in a name":
    `GET /x HTTP/1.1\r\n${HOST}X-\xff: a\r\n\r\n`,
  "a header without a colon": `GET /x HTTP/1.1\r\n${HOST}X-A\r\n\r\n`,
  "a method of the gate itself, with a body":
    `DEWY-BODY-GET /x HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
  "a method of the gate itself": `DEWY-REFUSED /x HTTP/1.1\r\n${HOST}\r\n`,
  "a blank behind a chunk size": chunks(`3 \r\nabc\r\n0\r\n\r\n${POISON}`),
  "LF for the CR behind a chunk": chunks(`3\r\nabc\n\n0\r\n\r\n${POISON}`),
  "a fold in a trailer": chunks(
    `3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n${POISON}`,
  ),
  "NUL in a value": `GET /x HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`,
  "CR in a value": `GET /x HTTP/1.1\r\n${HOST}X-A: a\rX-B: b\r\n\r\n`,
  "NUL in the target": `GET /x\0y HTTP/1.1\r\n${HOST}\r\n`,
  "a blank in the target": `GET /x y HTTP/1.1\r\n${HOST}\r\n`,
  "a tab for a blank": `GET\t/x\tHTTP/1.1\r\n${HOST}\r\n`,
  "two blanks": `GET  /x  HTTP/1.1\r\n${HOST}\r\n`,
  "another host in the target": `GET http://b/x HTTP/1.1\r\n${HOST}\r\n`,
  "a user in the target": `GET http://u@h/x HTTP/1.1\r\n${HOST}\r\n`,
  "two Hosts": `GET /x HTTP/1.1\r\n${HOST}Host: b\r\n\r\n`,
  "the same Host twice": `GET /x HTTP/1.1\r\n${HOST}${HOST}\r\n`,
  "a Host with a path": "GET /x HTTP/1.1\r\nHost: h/y\r\n\r\n",
  "a Host with a blank": "GET /x HTTP/1.1\r\nHost: h y\r\n\r\n",
  "a Host with a user": "GET /x HTTP/1.1\r\nHost: u@h\r\n\r\n",
  "an empty Host": "GET /x HTTP/1.1\r\nHost:\r\n\r\n",
  "a header without a name": `GET /x HTTP/1.1\r\n${HOST}: x\r\n\r\n`,
  "a name with a bracket": `GET /x HTTP/1.1\r\n${HOST}X(: x\r\n\r\n`,
  "HTTP/0.9": "GET /x\r\n\r\n",
  "HTTP/1.2": `GET /x HTTP/1.2\r\n${HOST}\r\n`,
  "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a HEAD with a body": `HEAD /x HTTP/1.1\r\n${HOST}` +
    `Content-Length: ${POISON.length}\r\n\r\n${POISON}`,
  "CONNECT": `CONNECT h:80 HTTP/1.1\r\n${HOST}\r\n`,
  "CONNECT with a body": `CONNECT h:80 HTTP/1.1\r\n${HOST}` +
    `Content-Length: ${POISON.length}\r\n\r\n${POISON}`,
  "CONNECT with chunks": `CONNECT h:80 HTTP/1.1\r\n${HOST}${CHUNKED}\r\n` +
    `${BODY}${POISON}`,
  "CONNECT of HTTP/1.0 with a body": `CONNECT h:80 HTTP/1.0\r\n${HOST}` +
    `Content-Length: ${POISON.length}\r\n\r\n${POISON}`,
  "a method of the gate in the body of CONNECT":
    `CONNECT h:80 HTTP/1.1\r\n${HOST}Content-Length: 51\r\n\r\n` +
    `DEWY-BODY-GET /poison HTTP/1.1\r\n${HOST}X-Poison: 1\r\n\r\n`,
  "the authority form": `GET h:80 HTTP/1.1\r\n${HOST}\r\n`,
  "a name for a target": `GET h HTTP/1.1\r\n${HOST}\r\n`,
  "the asterisk form without OPTIONS": `GET * HTTP/1.1\r\n${HOST}\r\n`,
  "TRACE": `TRACE /x HTTP/1.1\r\n${HOST}\r\n`,
  "a chunk of too many digits": chunks(
    `10000000000000003\r\nabc\r\n0\r\n\r\n${POISON}`,
  ),
  "bare LF between chunks": chunks(`3\nabc\n0\n\n${POISON}`),
  "bare LF behind a chunk": chunks(`3\r\nabc\n0\r\n\r\n${POISON}`),
  "LF in a chunk extension": chunks(`3;a\nb\r\nabc\r\n0\r\n\r\n${POISON}`),
  "CR in a chunk extension": chunks(`3;a\rb\r\nabc\r\n0\r\n\r\n${POISON}`),
  "a chunk of the wrong size": chunks(`2\r\nabc\r\n0\r\n\r\n${POISON}`),
  "a chunk size in C": chunks(`0x3\r\nabc\r\n0\r\n\r\n${POISON}`),
  "a chunk size with a sign": chunks(`+3\r\nabc\r\n0\r\n\r\n${POISON}`),
  "no chunk size": chunks(`\r\nabc\r\n0\r\n\r\n${POISON}`),
  "a bad trailer": chunks(
    `3\r\nabc\r\n0\r\nContent-Length : 3\r\nbad\r\n\r\n${POISON}`,
  ),
  "a trailer with a bare LF": chunks(`3\r\nabc\r\n0\r\nX: y\n\n${POISON}`),
};

/** Bytes that make just these requests: method, target and body. */
export const PASSED: Readonly<Record<string, readonly [string, string[]]>> = {
  "chunked in capitals": [
    post("Transfer-Encoding: CHUNKED\r\n", BODY + get("/n")),
    ["POST /x abc", "GET /n "],
  ],
  "a chunk extension": [
    chunks(`3;a="b"\r\nabc\r\n0\r\n\r\n${get("/n")}`),
    ["POST /x abc", "GET /n "],
  ],
  "trailers": [
    chunks(`3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n${get("/n")}`),
    ["POST /x abc", "GET /n "],
  ],
  "a request within a body": [
    length(`${POISON.length}`, POISON + get("/n")),
    [`POST /x ${POISON}`, "GET /n "],
  ],
  "a request within a chunk": [
    chunks(`${POISON.length.toString(16)}\r\n${POISON}\r\n0\r\n\r\n`),
    [`POST /x ${POISON}`],
  ],
  "a GET with a body": [
    `GET /x HTTP/1.1\r\n${HOST}Content-Length: ${POISON.length}\r\n\r\n` +
    POISON + get("/n"),
    [`GET /x ${POISON}`, "GET /n "],
  ],
  "a GET with chunks": [
    `GET /x HTTP/1.1\r\n${HOST}${CHUNKED}\r\n` +
    `${POISON.length.toString(16)}\r\n${POISON}\r\n0\r\n\r\n${get("/n")}`,
    [`GET /x ${POISON}`, "GET /n "],
  ],
  "a GET whose body has no bytes": [
    `GET /x HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n${get("/n")}`,
    ["GET /x ", "GET /n "],
  ],
  "a length with blanks around": [length(" 3 \t", "abc"), ["POST /x abc"]],
  "Connection that names what frames": [
    post(
      "Content-Length: 3\r\nConnection: Content-Length, Host, " +
        "Transfer-Encoding, Via, X-Forwarded-For\r\n",
      `abc${get("/n")}`,
    ),
    ["POST /x abc", "GET /n "],
  ],
  "the absolute form": [
    `GET http://h/x HTTP/1.1\r\n${HOST}\r\n`,
    ["GET /x "],
  ],
  "OPTIONS *": [`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, ["OPTIONS * "]],
  "empty lines before": [`\r\n\r\n${get("/x")}`, ["GET /x "]],
  "an upgrade to HTTP/2 with a body": [
    post(
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
        "HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 3\r\n",
      `abc${get("/n")}`,
    ),
    ["POST /x abc", "GET /n "],
  ],
  "two upgrades with chunks": [
    post(
      `Upgrade: foo\r\n${CHUNKED}Connection: upgrade\r\nupgrade: bar\r\n`,
      BODY + get("/n"),
    ),
    ["POST /x abc", "GET /n "],
  ],
  "an upgrade with a body of no bytes": [
    post(
      "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n",
      get("/n"),
    ),
    ["POST /x ", "GET /n "],
  ],
  "a handshake of a WebSocket with a body": [
    get(
      "/x",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      "Content-Length: 3",
    ) + `abc${get("/n")}`,
    ["GET /x abc", "GET /n "],
  ],
  "an upgrade to HTTP/2": [
    get(
      "/x",
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQAAP__",
    ),
    ["GET /x "],
  ],
};
