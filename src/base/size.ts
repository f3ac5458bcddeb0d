const UNIT_BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const SIZE = /^(\d+(?:\.\d+)?) ?([kmgt]?i?b|)$/i;

/**
 * Reads a size: plain bytes (`1048576`), powers of 1000 (`512MB`) or of 1024
 * (`512MiB`), in any case.
 *
 * @returns Whole bytes, or `undefined` when `text` is no size or too large to count exactly.
 */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ""] = SIZE.exec(text) ?? [];
  const factor = UNIT_BYTES[unit.toLowerCase()];
  if (amount === undefined || factor === undefined) return undefined;
  const bytes = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Writes bytes for people, with at most one decimal: `512MiB`, `1.5GiB`, `700B`. */
export function formatSize(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  // 1023.95 and more would be written as 1024.0 of the smaller unit.
  while (amount >= (unit === 0 ? 1024 : 1023.95)) {
    if (unit === BINARY_UNITS.length - 1) break;
    amount /= 1024;
    unit += 1;
  }
  const digits = amount.toFixed(unit === 0 ? 0 : 1).replace(/\.0$/, "");
  return `${digits}${BINARY_UNITS[unit]}`;
}
