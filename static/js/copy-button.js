import { announce } from "./announce.js";

const SHOWN_MS = 2_000;

/** A button that copies what its `text` function returns. */
class CopyButton extends HTMLElement {
  text = () => "";
  #timer = 0;

  connectedCallback() {
    this.querySelector("button").onclick = () => this.#copy();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  async #copy() {
    const done = await copied(this.text());
    const label = this.querySelector(".copy-label");
    label.dataset.resting ??= label.textContent;
    label.textContent = done ? "Copied" : "Copying is not allowed here";
    this.toggleAttribute("copied", done);
    announce(label.textContent);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      label.textContent = label.dataset.resting;
      this.removeAttribute("copied");
    }, SHOWN_MS);
  }
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text); // the clipboard interface exists on https and localhost only
  }
}

function copiedBySelection(text) {
  const before = document.activeElement;
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  return done;
}

customElements.define("copy-button", CopyButton);
