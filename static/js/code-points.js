/**
 * The server counts Unicode code points, strings of this language UTF-16 units.
 * Returns the index that lies `count` code points after the index `from`.
 */
export function advance(text, from, count) {
  let index = from;
  for (; count > 0 && index < text.length; count--) index += text.codePointAt(index) > 0xffff ? 2 : 1;
  return index;
}
