/** What a byte may be part of. */
const TOKEN = 1;
const VALUE = 2;
const TARGET = 4;

const CLASSES = classes();

/** Whether a byte may be in a method or the name of a header (RFC 9110, 5.6.2). */
export function isToken(byte: number | undefined): boolean {
  return (CLASSES[byte ?? 0] ?? 0) & TOKEN ? true : false;
}

/** Whether a byte may be in the value of a header (RFC 9110, 5.5), or in a chunk extension. */
export function isValue(byte: number | undefined): boolean {
  return (CLASSES[byte ?? 0] ?? 0) & VALUE ? true : false;
}

/** Whether a byte may be in the target of a request: no blank, and nothing beyond ASCII. */
export function isTarget(byte: number | undefined): boolean {
  return (CLASSES[byte ?? 0] ?? 0) & TARGET ? true : false;
}

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0x21; byte < 0x7f; byte++) table[byte] = VALUE | TARGET;
  for (let byte = 0x80; byte < 0x100; byte++) table[byte] = VALUE;
  table[0x09] = table[0x20] = VALUE;
  const tokens = "!#$%&'*+-.^_`|~0123456789" +
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (const character of tokens) {
    const byte = character.charCodeAt(0);
    table[byte] = (table[byte] ?? 0) | TOKEN;
  }
  return table;
}
