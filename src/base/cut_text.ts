/** More than any sentence of dewy's has, and less than fits into a line of a log; UTF-16 units. */
export const MAX_SENTENCE_LENGTH = 8_000;

/** Returns `text`, cut when it is longer than `maxLength` UTF-16 units: a peer may answer with pages of it. */
export function cutText(text: string, maxLength = MAX_SENTENCE_LENGTH): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}
