import { advance } from "./code-points.js";
import { draft } from "./drafts.js";

/**
 * The text of an answer: finished blocks as the server rendered them, then the rest as it was written.
 *
 * Fires `cited` with `{n, mark}` for each citation mark that appears.
 */
class AnswerText extends HTMLElement {
  markdown = "";
  /** Tells whether a number is that of a source. */
  isSource = () => false;
  /** End of the last block, as an index into `markdown` and in code points. */
  #shown = { index: 0, points: 0 };
  #blocks = [];
  #citations = [];
  #frame = 0;

  connectedCallback() {
    if (this.pending) return;
    this.pending = document.createElement("p");
    this.pending.className = "pending";
    this.append(this.pending);
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
  }

  get isEmpty() {
    return !this.markdown.trim();
  }

  write(text) {
    this.markdown += text;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** Show a finished block in the place of its characters. */
  putBlock({ html, from, to }) {
    if (from > this.#shown.points) this.#keepAsText(from);
    const block = document.createElement("div");
    block.className = "block";
    block.innerHTML = html; // rendered and sanitised by the server
    this.pending.before(block);
    this.#blocks.push({ block, from, to });
    this.#dress(block);
    this.#showFrom(to);
    this.#citations.filter((citation) => within(citation, { from, to })).forEach((each) => this.#connect(each));
  }

  /** Note what a citation's check has shown. */
  cite(citation) {
    this.#citations.push(citation);
    if (this.#blocks.some((block) => within(citation, block))) this.#connect(citation);
  }

  end() {
    this.toggleAttribute("complete", true);
    this.#draw();
    this.pending.hidden = !this.pending.firstChild;
  }

  #showFrom(points) {
    const index = advance(this.markdown, this.#shown.index, points - this.#shown.points);
    this.#shown = { index, points };
    this.#draw();
  }

  /** Show what is not yet part of a block. */
  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.pending.replaceChildren(draft(this.markdown.slice(this.#shown.index), this.isSource));
  }

  /** Blocks lie end to end; should one ever be missing, its words stay as they were written. */
  #keepAsText(points) {
    const before = this.#shown.index;
    this.#showFrom(points);
    const kept = document.createElement("p");
    kept.className = "plain";
    kept.textContent = this.markdown.slice(before, this.#shown.index);
    this.pending.before(kept);
  }

  #dress(block) {
    for (const mark of block.querySelectorAll("a.citation")) {
      mark.setAttribute("aria-haspopup", "dialog");
      this.dispatchEvent(new CustomEvent("cited", { detail: { n: Number(mark.dataset.n), mark } }));
    }
    for (const figure of block.querySelectorAll("figure.code")) {
      const copy = document.importNode(document.getElementById("copy-template").content, true).firstElementChild;
      figure.append(copy);
      copy.text = () => figure.querySelector("code").textContent;
    }
  }

  /** Find the mark of a citation: the same number's marks and citations come in the same order in a block. */
  #connect(citation) {
    const home = this.#blocks.find((block) => within(citation, block));
    const same = this.#citations.filter((each) => each.n === citation.n && within(each, home));
    const mark = home.block.querySelectorAll(`a.citation[data-n="${Number(citation.n)}"]`)[same.indexOf(citation)];
    if (!mark) return;
    mark.citation = citation;
    mark.dataset.supported = citation.supported;
    if (!citation.supported) mark.setAttribute("aria-label", `Source ${citation.n}, which does not carry the claim`);
  }
}

function within(citation, block) {
  return citation.to > block.from && citation.to <= block.to;
}

customElements.define("answer-text", AnswerText);
