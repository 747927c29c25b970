import { announce } from "./announce.js";
import { Connection } from "./connection.js";
import { calm } from "./to-end.js";
import "./chat-turn.js";
import "./passage-panel.js";
import "./question-box.js";

/** The whole page: brings together the connection, the question box, the turns and the panel. */
class ChatPage extends HTMLElement {
  #conversation = null;
  /** The turn that is being answered. */
  #turn = null;

  connectedCallback() {
    this.box = this.querySelector("question-box");
    this.turns = this.querySelector(".turns");
    this.panel = this.querySelector("passage-panel");
    this.toEnd = this.querySelector("to-end");
    this.newButton = this.querySelector("[data-action=new]");
    this.toEnd.watch(this.turns);
    this.#listen();
    this.#connect();
  }

  #listen() {
    this.box.addEventListener("ask", ({ detail }) => this.#ask(detail));
    this.box.addEventListener("stop", () => this.#stop());
    this.addEventListener("again", ({ detail, target }) => this.#askAgain(detail, target));
    this.addEventListener("edit", ({ detail }) => this.#edit(detail));
    this.addEventListener("ended", ({ target }) => this.#ended(target));
    this.addEventListener("passage", ({ detail }) => this.panel.open(detail.source, detail.citation, detail.opener));
    this.newButton.addEventListener("click", () => this.#startAnew());
    this.querySelector("[data-action=reconnect]").addEventListener("click", () => this.connection.open());
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #connect() {
    this.connection = new Connection(this.getAttribute("socket"));
    this.connection.addEventListener("open", () => this.#connected());
    this.connection.addEventListener("lost", ({ detail }) => this.#lost(detail));
    this.connection.addEventListener("message", ({ detail }) => this.#heard(detail));
    this.connection.open();
  }

  #ask(question) {
    if (this.#turn) return;
    const turn = document.createElement("chat-turn");
    turn.begin(newId(), question);
    this.turns.append(turn);
    this.#turn = turn;
    this.#setRunning(true);
    this.removeAttribute("empty");
    this.newButton.disabled = false;
    this.toEnd.release();
    turn.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    this.#send(turn);
  }

  #send(turn) {
    turn.sent = this.connection.send({
      type: "ask",
      id: turn.turn,
      question: turn.question,
      conversation: this.#conversation,
    });
    if (!turn.sent) turn.status("Waiting for the connection");
    this.connection.expectEvents(turn.sent);
  }

  #stop() {
    const turn = this.#turn;
    if (!turn) return;
    turn.stopping = true;
    turn.status("Stopping");
    this.connection.send({ type: "stop", id: turn.turn });
    if (!turn.sent) turn.receive({ type: "finish", reason: "stopped" });
  }

  #connected() {
    this.querySelector(".connection").hidden = true;
    if (this.#wasLost) announce("Connected again");
    this.#wasLost = false;
    const turn = this.#turn;
    if (!turn) return;
    if (!turn.sent) return this.#send(turn);
    turn.status(turn.answer.isEmpty ? "Searching the documents" : "");
    turn.resumed = this.connection.send({ type: "resume", id: turn.turn, after: turn.seq });
    if (turn.stopping) this.connection.send({ type: "stop", id: turn.turn });
    this.connection.expectEvents(true);
  }

  #wasLost = false;

  #lost({ code }) {
    const text = code === 1012 ? "The server is restarting. This page comes back by itself." : lostText();
    this.querySelector(".connection-text").textContent = text;
    this.querySelector(".connection").hidden = false;
    this.#wasLost = true;
    if (this.#turn?.answer.isEmpty && !this.#turn.stopping) this.#turn.status("Waiting for the connection");
  }

  #heard(event) {
    const turn = this.#turn;
    if (!turn || (event.id && event.id !== turn.turn)) return;
    this.connection.expectEvents(true);
    if (event.type === "error" && !event.seq && this.#recovered(turn, event)) return;
    turn.receive(event);
    if (turn.conversation) this.#conversation = turn.conversation;
  }

  /** Deal with what the server says about the request itself; false if the turn is to show it. */
  #recovered(turn, { code, retry_after_s }) {
    const untouched = turn.seq === 0;
    if (code === "not_found" && turn.resumed && untouched && !turn.stopping) {
      this.#send(turn); // the question was lost with the connection, before the server had it
      turn.resumed = false;
      return true;
    }
    if (code === "not_found" && turn.resumed) {
      const message = "The connection was lost, and the server no longer has the rest of this answer.";
      turn.fail({ code, message, retryable: true });
      return true;
    }
    if (code === "draining" && untouched) {
      turn.sent = false; // asked once more on the next connection, or here if this one stays
      turn.status("The server is restarting");
      setTimeout(() => this.#turn === turn && !turn.sent && this.#send(turn), 1000 * (retry_after_s ?? 2));
      return true;
    }
    return code === "busy" && turn.resumed; // it goes on already
  }

  #ended(turn) {
    if (turn !== this.#turn) return;
    this.#turn = null;
    this.connection.expectEvents(false);
    this.#setRunning(false);
  }

  #setRunning(running) {
    this.box.toggleAttribute("running", running);
  }

  #askAgain(question, failed) {
    if (this.#turn) return;
    if (failed.answer.isEmpty) failed.remove();
    this.#ask(question);
    this.box.focusBox();
  }

  #edit(question) {
    this.box.value = this.box.value.trim() ? this.box.value : question;
    this.box.focusBox();
  }

  #startAnew() {
    if (this.#turn) this.connection.send({ type: "stop", id: this.#turn.turn });
    this.#turn = null;
    this.#conversation = null;
    this.connection.expectEvents(false);
    this.panel.close();
    this.turns.replaceChildren();
    this.toggleAttribute("empty", true);
    this.newButton.disabled = true;
    this.#setRunning(false);
    this.box.focusBox();
    announce("New conversation");
  }

  #pressed(event) {
    if (event.key === "Escape" && !event.isComposing) {
      if (this.panel.isOpen) this.panel.close();
      else this.#stop();
    }
    const typing = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.box.focusBox();
    }
  }
}

function lostText() {
  return navigator.onLine === false
    ? "You are offline. What you see stays; the page goes on when the network is back."
    : "The connection was lost. Connecting again…";
}

/** Hard to guess, also where the page is not served over https. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

customElements.define("chat-page", ChatPage);
