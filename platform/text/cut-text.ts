/**
 * `text` in at most `maxLength` characters (1 or more), with "…" as the last one if something was cut. A character is a Unicode
 * code point, as the API server counts it for `maxLength` in a schema. Half a surrogate pair becomes U+FFFD, because the API
 * server would store that, and the stored text would differ from the written one.
 */
export function cutText(text: string, maxLength: number): string {
  // No character has more than two code units, so this has one character more than allowed if the text has.
  const characters = Array.from(text.slice(0, 2 * (maxLength + 1)));
  const fits = characters.length <= maxLength;
  return (fits ? text : `${characters.slice(0, maxLength - 1).join("")}…`).toWellFormed();
}
