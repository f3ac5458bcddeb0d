/**
 * Writes a time as RFC 3339 has it, with the offset of this host:
 * `2024-01-15T10:30:45.123+09:00`.
 *
 * @param time Unix milliseconds.
 * @param digits Of the fraction of a second; beyond the third they are zeros.
 */
export function localTime(time: number, digits: 3 | 9 = 3): string {
  const date = new Date(time);
  const offset = -date.getTimezoneOffset();
  const local = new Date(time + offset * 60_000).toISOString().slice(0, 23);
  const sign = offset < 0 ? "-" : "+";
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
  const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
  const zone = offset === 0 ? "Z" : `${sign}${hours}:${minutes}`;
  return `${local}${"0".repeat(digits - 3)}${zone}`;
}
