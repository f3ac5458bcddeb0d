/**
 * Returns the word of `words` that was probably meant by `word`: the closest
 * one when it is close, else the only one that begins with it.
 */
export function nearestWord(
  word: string,
  words: readonly string[],
): string | undefined {
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  const [best] = words
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .filter((entry) => entry.distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  if (best !== undefined) return best.candidate;
  const longer = words.filter((candidate) =>
    word.length >= 2 && candidate.startsWith(word)
  );
  return longer.length === 1 ? longer[0] : undefined;
}

/** Levenshtein distance, row by row. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      next.push(Math.min(
        (row[j + 1] ?? 0) + 1,
        (next[j] ?? 0) + 1,
        (row[j] ?? 0) + (letter === other ? 0 : 1),
      ));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
