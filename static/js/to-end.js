/** A button that appears while the end of the conversation is out of sight below; pressed, it follows new text. */
class ToEnd extends HTMLElement {
  #following = false;

  /** Watch an element whose end is the end of the conversation. */
  watch(element) {
    this.button = this.querySelector("button");
    this.button.onclick = () => this.follow();
    this.end = element;
    new ResizeObserver(() => this.#grown()).observe(element);
    addEventListener("scroll", () => this.#look(), { passive: true });
    // Only the reader's own hand lets go of the end
    for (const hand of ["wheel", "touchmove", "keydown"])
      addEventListener(hand, () => (this.#following = false), { passive: true });
  }

  follow() {
    scrollTo({ top: document.documentElement.scrollHeight, behavior: calm() ? "auto" : "smooth" });
    this.#following = true;
  }

  release() {
    this.#following = false;
  }

  #grown() {
    if (this.#following) scrollTo({ top: document.documentElement.scrollHeight });
    this.#look();
  }

  #look() {
    const text = this.end.querySelector("chat-turn:last-of-type .turn")?.lastElementChild;
    const bottom = text?.getBoundingClientRect().bottom ?? 0;
    const hidden = bottom <= this.parentElement.getBoundingClientRect().top + 8;
    if (this.button.hidden !== hidden) this.button.hidden = hidden;
  }
}

export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

customElements.define("to-end", ToEnd);
