const NEAR_LIMIT = 0.9;

/**
 * The box for the question. Fires `ask` with the question as detail, and `stop`.
 *
 * Attributes: `limit`, most code points of a question; `running` while an answer is written.
 */
class QuestionBox extends HTMLElement {
  static observedAttributes = ["running"];

  connectedCallback() {
    this.limit = Number(this.getAttribute("limit"));
    this.form = this.querySelector("form");
    this.box = this.querySelector("textarea");
    this.count = this.querySelector(".ask-count");
    this.sendButton = this.querySelector(".ask-send");
    this.stopButton = this.querySelector(".ask-stop");
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("keydown", (event) => this.#pressed(event));
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    this.stopButton.addEventListener("click", () => this.#tell("stop"));
    this.#changed();
  }

  attributeChangedCallback() {
    if (!this.form) return;
    const running = this.hasAttribute("running");
    const focused = this.form.contains(document.activeElement);
    this.stopButton.hidden = !running;
    this.sendButton.hidden = running;
    // A button that vanishes under the focus would throw it to the top of the page
    if (focused && document.activeElement !== this.box) this.focusBox();
  }

  get value() {
    return this.box.value;
  }

  set value(text) {
    this.box.value = text;
    this.#changed();
  }

  focusBox() {
    this.box.focus({ preventScroll: true });
  }

  #pressed(event) {
    // While a word is composed (Korean, Japanese, Chinese) Enter belongs to the input method
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || event.altKey || composing) return;
    event.preventDefault();
    this.form.requestSubmit(this.sendButton.disabled ? null : this.sendButton);
  }

  #submitted(event) {
    event.preventDefault();
    const question = this.value.trim();
    if (!question || this.hasAttribute("running") || this.#left() < 0) return;
    this.value = "";
    this.#tell("ask", question);
  }

  #left() {
    return this.limit - [...this.value.trim()].length;
  }

  #changed() {
    this.box.style.blockSize = "auto";
    this.box.style.blockSize = `${this.box.scrollHeight}px`;
    const left = this.#left();
    this.count.hidden = left > this.limit * (1 - NEAR_LIMIT);
    this.count.textContent = this.count.hidden ? "" : limitText(left);
    this.toggleAttribute("over", left < 0);
    this.sendButton.disabled = left < 0 || !this.value.trim();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

function limitText(left) {
  const count = Math.abs(left) === 1 ? "1 character" : `${Math.abs(left)} characters`;
  return left < 0 ? `${count} too many` : `${count} left`;
}

customElements.define("question-box", QuestionBox);
