const GAP_PX = 14;
/** How far notes may stand below the end of the answer before they rather move up, away from their claims. */
const OVERHANG_PX = 96;
const EXCERPT_CHARS = 240;
const wide = matchMedia("(min-width: 1100px)");

/**
 * The sources that an answer cites: notes in the margin beside their claims, or a list where there is no margin.
 *
 * Fires `open-source` with `{n, opener}` when one is chosen.
 */
class SourceNotes extends HTMLElement {
  #notes = new Map();
  #frame = 0;

  connectedCallback() {
    this.list = this.querySelector(".notes");
    this.#observer.observe(this.parentElement);
    wide.addEventListener("change", this.#later);
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    wide.removeEventListener("change", this.#later);
    cancelAnimationFrame(this.#frame);
  }

  get count() {
    return this.#notes.size;
  }

  has(n) {
    return this.#notes.has(n);
  }

  /** Add a source beside what first cites it. */
  add(source, anchor) {
    if (!this.#notes.has(source.n)) {
      const note = makeNote(source);
      this.#notes.set(source.n, { note, anchor });
      this.list.append(note);
      this.hidden = false;
    }
    this.#later();
  }

  /** Move a source beside its mark, once the mark is there. */
  anchor(n, mark) {
    const entry = this.#notes.get(n);
    if (entry && !entry.anchor.matches?.("a.citation")) entry.anchor = mark;
    this.#later();
  }

  /** Show in the note what the check of a claim has found. */
  judge({ n, supported, quote }) {
    const note = this.#notes.get(n)?.note;
    if (!note) return;
    if (supported && quote && !("quoted" in note.dataset)) {
      note.querySelector(".note-text").textContent = plain(quote);
      note.dataset.quoted = "";
    }
    note.dataset[supported ? "carries" : "fails"] = "";
    const doubt = note.querySelector(".note-doubt");
    doubt.hidden = !("fails" in note.dataset);
    doubt.textContent = "carries" in note.dataset ? "Does not carry every claim" : "Does not carry the claim";
    this.#later();
  }

  highlight(n, on) {
    this.#notes.get(n)?.note.toggleAttribute("highlighted", on);
  }

  #later = () => {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#align());
  };

  #observer = new ResizeObserver(this.#later);

  #align() {
    const entries = [...this.#notes.values()];
    if (!wide.matches) {
      this.list.style.minBlockSize = "";
      for (const { note } of entries) note.style.insetBlockStart = "";
      return;
    }
    const origin = this.list.getBoundingClientRect().top;
    const measured = entries
      .map(({ note, anchor }) => ({ note, wanted: lineTop(anchor) - origin, height: note.offsetHeight }))
      .sort((one, other) => one.wanted - other.wanted);
    const room = this.parentElement.querySelector(".turn-foot").getBoundingClientRect().bottom - origin + OVERHANG_PX;
    place(measured, room);
    for (const { note, top } of measured) note.style.insetBlockStart = `${Math.round(top)}px`;
    const last = measured.at(-1);
    this.list.style.minBlockSize = last ? `${Math.ceil(last.top + last.height)}px` : "";
  }
}

/** Each as near to its claim as the ones above leave room for; then back up, if the answer ends above them. */
function place(notes, room) {
  let top = 0;
  for (const note of notes) {
    note.top = Math.max(note.wanted, top);
    top = note.top + note.height + GAP_PX;
  }
  let bottom = Math.max(room, notes.reduce((sum, { height }) => sum + height + GAP_PX, -GAP_PX));
  for (const note of notes.toReversed()) {
    note.top = Math.min(note.top, bottom - note.height);
    bottom = note.top - GAP_PX;
  }
}

function lineTop(anchor) {
  const lines = anchor.getClientRects();
  const isMark = anchor.matches?.("a.citation");
  const line = lines[lines.length - 1] ?? anchor.parentElement.getBoundingClientRect();
  if (isMark) return line.top - 4;
  return line.bottom - 28;
}

/** Make a note of a source from the page's template. */
export function makeNote(source) {
  const note = document.importNode(document.getElementById("note-template").content, true).firstElementChild;
  const link = note.querySelector(".note-link");
  link.href = safeAddress(source.url);
  note.dataset.n = source.n;
  note.querySelector(".note-number").textContent = source.n;
  note.querySelector(".note-title").textContent = source.title;
  note.querySelector(".note-path").textContent = source.headings.filter((each) => each !== source.title).join(" › ");
  note.querySelector(".note-text").textContent = excerpt(plain(source.text));
  link.onclick = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const detail = { n: source.n, opener: link };
    link.dispatchEvent(new CustomEvent("open-source", { detail, bubbles: true }));
  };
  return note;
}

/** An address that a document gave, if it is one that only leads somewhere. */
export function safeAddress(address) {
  try {
    const { protocol, href } = new URL(address, location.href);
    return protocol === "http:" || protocol === "https:" ? href : "#";
  } catch {
    return "#";
  }
}

/** The first words, as many as a note can show. */
function excerpt(text) {
  return text.length > EXCERPT_CHARS ? `${text.slice(0, EXCERPT_CHARS).replace(/\s+\S*$/, "")}…` : text;
}

/** A line of Markdown without its commonest signs, for an excerpt. */
function plain(markdown) {
  return markdown
    .replace(/^(?:#{1,6}|>|[-*+]|\d+[.)]|```.*)\s+/gm, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/(?<!\w)(\*{1,3}|_{1,3})(?=\S)([^\n`]+?)(?<=\S)\1(?!\w)/g, "$2")
    .replace(/`+([^`\n]+)`+/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}

customElements.define("source-notes", SourceNotes);
