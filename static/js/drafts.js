const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|\[(\d{1,3})\]|\[([^\]\n]+)\]\([^)\n]*\)/g;
const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const FENCE = /^\s*(?:```|~~~)/;
/** Longer drafts are shown as they were written, so that each frame's work stays small. */
const LONGEST_CHARS = 12_000;

/**
 * Set Markdown that is still being written nearly as its finished block will look, out of text nodes only.
 *
 * Args: the text, and whether a number is that of a source. Returns a fragment of lines.
 */
export function draft(markdown, isSource) {
  const text = markdown.replace(/^\s*\n/, "").trimEnd();
  const lines = document.createDocumentFragment();
  if (text.length > LONGEST_CHARS) {
    lines.append(line("code", text));
    return lines;
  }
  let fenced = false;
  let open = null;
  for (const source of text.split("\n")) {
    if (FENCE.test(source)) {
      fenced = !fenced;
      open = null;
    } else if (fenced) {
      lines.append(line("code", source || " "));
    } else if (!source.trim()) {
      open = null;
    } else {
      open = append(lines, open, source, isSource);
    }
  }
  return lines;
}

/** Add a line of text; returns what the next one continues, as a line break within a paragraph is a space. */
function append(lines, open, source, isSource) {
  const [, indent, number, item] = source.match(ITEM) ?? [];
  const [, heading] = source.match(HEADING) ?? [];
  if (item === undefined && heading === undefined && open) {
    open.append(" ");
    set(open, source.trim(), isSource);
    return open;
  }
  const element = line(heading !== undefined ? "heading" : item !== undefined ? "item" : "text");
  if (item !== undefined) element.dataset.marker = number ? `${number}.` : "•";
  if (indent?.length > 1) element.classList.add("deep");
  set(element, heading ?? item ?? source, isSource);
  lines.append(element);
  return heading === undefined ? element : null;
}

function line(kind, text = "") {
  const element = document.createElement("span");
  element.className = `line ${kind}`;
  element.textContent = text;
  return element;
}

function set(element, text, isSource) {
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, , code, strong, number, label] = match;
    const isMark = number !== undefined && isSource(Number(number));
    const before = text.slice(end, match.index);
    element.append(isMark ? before.trimEnd() : before);
    end = match.index + whole.length;
    if (code !== undefined) element.append(made("code", code));
    else if (strong !== undefined) element.append(made("strong", strong));
    else if (isMark) element.append(made("span", number, "citation"));
    else element.append(label ?? whole);
  }
  element.append(text.slice(end));
}

function made(name, text, className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}
