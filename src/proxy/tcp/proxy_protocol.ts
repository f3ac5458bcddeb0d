/** Precedes every header of version 2 (specification, section 2.2). */
const SIGNATURE = [
  ...[0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d],
  ...[0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a],
];
/** Version 2, command PROXY. */
const VERSION_AND_COMMAND = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

/** Both ends of the connection that a client opened to the proxy. */
export interface ClientEnds {
  readonly source: Deno.NetAddr;
  readonly destination: Deno.NetAddr;
}

/**
 * Returns the header that tells a backend who the client is: PROXY protocol,
 * version 2, in binary (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
 * A client that came over IPv4 to a socket for both families is told as IPv4.
 */
export function proxyHeader({ source, destination }: ClientEnds): Uint8Array {
  const from = parseIp(source.hostname);
  const to = parseIp(destination.hostname);
  const short = [unmapped(from), unmapped(to)];
  const isIpv4 = short.every((address) => address.length === 4);
  const addresses = isIpv4 ? short : [widened(from), widened(to)];
  const body = [
    ...addresses.flat(),
    ...uint16(source.port),
    ...uint16(destination.port),
  ];
  return Uint8Array.from([
    ...SIGNATURE,
    VERSION_AND_COMMAND,
    isIpv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6,
    ...uint16(body.length),
    ...body,
  ]);
}

function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

/** Returns the 4 or 16 bytes of an address as the runtime writes it. */
function parseIp(text: string): number[] {
  if (!text.includes(":")) return parseIpv4(text);
  const [address = ""] = text.split("%");
  const [head = "", tail] = address.split("::");
  const front = parseGroups(head);
  if (tail === undefined) return front;
  const back = parseGroups(tail);
  const gap = Array<number>(16 - front.length - back.length).fill(0);
  return [...front, ...gap, ...back];
}

function parseIpv4(text: string): number[] {
  return text.split(".").map(Number);
}

function parseGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) =>
    group.includes(".") ? parseIpv4(group) : uint16(parseInt(group, 16))
  );
}

/** `::ffff:192.0.2.1` as the IPv4 address that it stands for. */
function unmapped(address: number[]): number[] {
  const isMapped = address.length === 16 &&
    address.slice(0, 10).every((byte) => byte === 0) &&
    address[10] === 0xff && address[11] === 0xff;
  return isMapped ? address.slice(12) : address;
}

function widened(address: number[]): number[] {
  if (address.length === 16) return address;
  return [...Array<number>(10).fill(0), 0xff, 0xff, ...address];
}
