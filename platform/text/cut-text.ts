/**
 * `text` in at most `maxLength` characters (1 or more), with "…" as the last one where something was cut. A character is a
 * Unicode code point, which is what the API server counts for `maxLength` in a schema. Half a surrogate pair becomes U+FFFD:
 * the API server would store that, and what is read back would differ from what was written.
 */
export function cutText(text: string, maxLength: number): string {
  // No character has more than two code units, so this holds one more than are allowed if there are as many.
  const characters = Array.from(text.slice(0, 2 * (maxLength + 1)));
  const fits = characters.length <= maxLength;
  return (fits ? text : `${characters.slice(0, maxLength - 1).join("")}…`).toWellFormed();
}
