const MEANINGFUL = /[\p{L}\p{N}]/u;

/**
 * Mark the words of a quote where they stand in rendered text.
 *
 * The quote is Markdown source, the text has lost its signs: so only letters and digits are compared.
 * Returns the first mark, or null if the words are not there.
 */
export function markQuote(root, quote) {
  const wanted = letters(quote.replace(/\]\([^)\s]*\)/g, "]"));
  const places = [];
  let found = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    let index = 0;
    for (const sign of node.data) {
      if (MEANINGFUL.test(sign)) {
        found += sign;
        for (let i = 0; i < sign.length; i++) places.push({ node, index, end: index + sign.length });
      }
      index += sign.length;
    }
  }
  const start = wanted ? found.indexOf(wanted) : -1;
  return start < 0 ? null : wrap(places.slice(start, start + wanted.length));
}

function letters(text) {
  return [...text].filter((sign) => MEANINGFUL.test(sign)).join("");
}

function wrap(places) {
  const spans = new Map();
  for (const { node, index, end } of places) {
    const span = spans.get(node);
    spans.set(node, { start: span?.start ?? index, end });
  }
  // From the first word to the last, with what lies between them
  const nodes = [...spans.keys()];
  for (const node of nodes.slice(1)) spans.get(node).start = 0;
  for (const node of nodes.slice(0, -1)) spans.get(node).end = node.length;
  return nodes.map((node) => wrapWithin(node, spans.get(node)))[0];
}

function wrapWithin(node, { start, end }) {
  const words = node.splitText(start);
  words.splitText(end - start);
  const mark = document.createElement("mark");
  words.replaceWith(mark);
  mark.append(words);
  return mark;
}
