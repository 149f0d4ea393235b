/** Characters of which nothing is seen by themselves: space, controls, marks without a letter, what fonts ignore, and two blank symbols. */
const unseen = /[\s\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]/u;

/** Format characters that are drawn all the same, around a number. */
const drawn = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

/** Whether anything can be seen of a text. */
export function isVisible(text: string): boolean {
  for (const character of text) if (drawn.test(character) || !unseen.test(character)) return true;
  return false;
}
