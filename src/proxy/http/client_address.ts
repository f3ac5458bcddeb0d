/** What a listener on both families calls an IPv4 client (RFC 4291, 2.5.5.2). */
const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** Returns the address of a client as it is usually written. */
export function plainAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}
