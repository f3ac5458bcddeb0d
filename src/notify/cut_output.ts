const MAX_LINES = 50;
/** UTF-16 units. */
const MAX_LENGTH = 2_000;

/** Cuts what a hook printed to what a person reads: 50 lines, then about 2,000 characters, at the end of a line. */
export function cutOutput(output: string): string {
  return cutLength(cutLines(output));
}

function cutLines(output: string): string {
  const all = output.split("\n");
  if (all.length <= MAX_LINES) return output;
  const kept = all.slice(0, MAX_LINES).join("\n");
  return `${kept}\n... (${all.length - MAX_LINES} more lines truncated)`;
}

function cutLength(output: string): string {
  if (output.length <= MAX_LENGTH) return output;
  const start = output.slice(0, MAX_LENGTH);
  const end = start.lastIndexOf("\n");
  const kept = end > 0 ? start.slice(0, end) : start;
  const cut = output.length - kept.length;
  return `${kept}\n... (${cut} more characters truncated)`;
}
