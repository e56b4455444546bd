/**
 * The beginning of `text`, at most `maxLength` UTF-16 code units and never half a character: the API server stores half a
 * character as another one, so that what is read back differs from what was written.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = text.slice(0, maxLength);
  return cut.isWellFormed() ? cut : text.slice(0, maxLength - 1);
}
