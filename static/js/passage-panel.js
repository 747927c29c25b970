import { markQuote } from "./quotes.js";
import { safeAddress } from "./source-notes.js";

const PATIENCE_MS = 250;
const narrow = matchMedia("(max-width: 1099px)");

/** Shows a cited passage: a panel beside the text, over it where there is no room, a sheet from below on a phone. */
class PassagePanel extends HTMLElement {
  #fragments = new Map();
  #opener = null;
  #shown = null;

  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.body = this.querySelector(".passage-text");
    this.querySelector("[data-action=close]").onclick = () => this.close();
    this.dialog.addEventListener("close", () => this.#closed());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.close());
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** Show a source with the words that carry the claim; the focus goes back to `opener` in the end. */
  async open(source, citation, opener) {
    this.#opener = opener;
    const shown = (this.#shown = { source });
    this.#head(source, citation);
    this.body.replaceChildren();
    if (!this.isOpen) narrow.matches ? this.dialog.showModal() : this.dialog.show();
    this.querySelector(".passage-title").focus({ preventScroll: true });
    await this.#fill(source, citation?.quote, shown);
  }

  close() {
    if (this.isOpen) this.dialog.close();
  }

  #closed() {
    this.#shown = null;
    const opener = this.#opener;
    this.#opener = null;
    opener?.focus({ preventScroll: true });
  }

  #head(source, citation) {
    this.querySelector(".passage-number").textContent = source.n;
    this.querySelector(".passage-title").textContent = source.title;
    this.querySelector(".passage-path").textContent = source.headings
      .filter((each) => each !== source.title)
      .join(" › ");
    this.querySelector(".passage-place").href = safeAddress(source.url);
    this.querySelector(".passage-doubt").hidden = citation?.supported ?? true;
  }

  async #fill(source, quote, shown) {
    const fragment = this.#fragment(source);
    const soon = await Promise.race([fragment, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null))]);
    if (soon === null) this.#show(shown, quote, (body) => (body.textContent = source.text));
    const html = await fragment;
    if (html) this.#show(shown, quote, (body) => (body.innerHTML = html)); // rendered and sanitised by the server
    else if (soon !== null) this.#show(shown, quote, (body) => (body.textContent = source.text));
  }

  #show(shown, quote, put) {
    if (this.#shown !== shown) return; // another passage was opened in the meantime
    put(this.body);
    this.body.classList.toggle("plain", !this.body.firstElementChild);
    const mark = quote ? markQuote(this.body, quote) : null;
    this.body.scrollTop = 0;
    if (mark) this.body.scrollTop = mark.offsetTop - this.body.offsetTop - this.body.clientHeight / 3;
  }

  /** Fetch the rendered passage once; empty if the server cannot give it. */
  #fragment({ collection, id }) {
    const path = `/passages/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`;
    if (!this.#fragments.has(path)) {
      const request = fetch(path).then((response) => (response.ok ? response.text() : ""));
      this.#fragments.set(path, request.catch(() => this.#fragments.delete(path) && ""));
    }
    return this.#fragments.get(path);
  }
}

customElements.define("passage-panel", PassagePanel);
