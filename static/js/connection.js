const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;
const STEADY_MS = 5_000;
/** The server gives up on a silent model sooner; so much silence in an answer is a dead connection. */
const SILENCE_MS = 45_000;
/** Not 1000: that would tell the server that the visitor has left for good. */
const RENEW = 4000;

/**
 * A websocket that comes back by itself.
 *
 * Fires `open`; `message` with the event as detail; `lost` with `{code, retryMs}` as detail.
 */
export class Connection extends EventTarget {
  #address;
  #socket = null;
  #attempts = 0;
  #timer = 0;
  #silence = 0;

  constructor(path) {
    super();
    this.#address = new URL(path, location.href);
    this.#address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    addEventListener("online", () => this.open());
    addEventListener("offline", () => this.#socket?.close(RENEW));
    document.addEventListener("visibilitychange", () => document.hidden || this.open());
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connect now, unless there is a connection or one is being made. */
  open() {
    if (this.#socket && this.#socket.readyState < WebSocket.CLOSING) return;
    clearTimeout(this.#timer);
    const socket = (this.#socket = new WebSocket(this.#address));
    let steady = 0;
    socket.onopen = () => {
      steady = setTimeout(() => (this.#attempts = 0), STEADY_MS);
      this.dispatchEvent(new Event("open"));
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#hear(data);
    };
    socket.onclose = ({ code }) => {
      clearTimeout(steady);
      if (socket === this.#socket) this.#lost(code);
    };
  }

  /** Returns whether the frame could be handed to the network. */
  send(frame) {
    if (this.isOpen) this.#socket.send(JSON.stringify(frame));
    return this.isOpen;
  }

  /** Say whether events are due: if none comes for long, the connection is made anew. */
  expectEvents(due) {
    clearTimeout(this.#silence);
    if (due) this.#silence = setTimeout(() => this.#renew(), SILENCE_MS);
  }

  #hear(data) {
    this.#attempts = 0;
    this.dispatchEvent(new CustomEvent("message", { detail: JSON.parse(data) }));
  }

  #renew() {
    const dead = this.#socket;
    if (!dead) return;
    this.#socket = null;
    dead.close(RENEW);
    this.#lost(RENEW);
  }

  #lost(code) {
    this.#socket = null;
    clearTimeout(this.#silence);
    clearTimeout(this.#timer);
    // Spread out: after a deploy all pages come back at once
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts++);
    const retryMs = longest * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.open(), retryMs);
    this.dispatchEvent(new CustomEvent("lost", { detail: { code, retryMs } }));
  }
}
