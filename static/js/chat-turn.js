import { alarm, announce } from "./announce.js";
import { makeNote } from "./source-notes.js";
import "./answer-text.js";
import "./copy-button.js";

/** Longer ones are set as text, not as a heading. */
const LONG_QUESTION_CHARS = 240;

/**
 * A question and its answer, as the events tell them.
 *
 * Fires `ended` when no more is to come; `again` and `edit` with the question as detail; `passage` with
 * `{source, citation, opener}` when a source is to be shown.
 */
class ChatTurn extends HTMLElement {
  seq = 0;
  running = true;
  conversation = null;
  #sources = new Map();
  #doubts = 0;
  #countdown = 0;

  /** Set up for a question; `id` names the turn to the server. */
  begin(id, question) {
    this.turn = id;
    this.question = question;
    this.append(document.importNode(document.getElementById("turn-template").content, true));
    this.answer = this.querySelector("answer-text");
    this.answer.isSource = (n) => this.#sources.has(n);
    this.notes = this.querySelector("source-notes");
    const heading = this.querySelector(".question");
    heading.textContent = question;
    heading.id = `question-${id}`;
    heading.toggleAttribute("data-long", question.length > LONG_QUESTION_CHARS);
    this.querySelector(".turn").setAttribute("aria-labelledby", heading.id);
    this.status("Searching the documents");
    this.#listen();
  }

  disconnectedCallback() {
    clearInterval(this.#countdown);
  }

  /** Take an event from the server; one that was taken before is passed over. */
  receive(event) {
    if (event.seq > 0 && event.seq <= this.seq) return;
    this.seq = Math.max(this.seq, event.seq ?? 0);
    this.#takers[event.type]?.(event);
  }

  status(text) {
    const line = this.querySelector(".status");
    line.hidden = !text;
    this.querySelector(".status-text").textContent = text;
  }

  /** End with an error; what was shown stays. */
  fail({ code = "", message, retryable = false, retry_after_s = 0 }) {
    this.#end();
    this.querySelector(".failure").hidden = false;
    this.querySelector(".failure-text").textContent = message;
    this.querySelector("[data-action=edit]").hidden = retryable;
    this.#offerAgain(retryable || code === "not_found", retry_after_s);
    alarm(message);
  }

  #takers = {
    start: ({ conversation }) => (this.conversation = conversation),
    status: ({ stage }) => this.status(stage === "searching" ? "Searching the documents" : this.#writingFrom()),
    sources: ({ sources }) => sources.forEach((source) => this.#sources.set(source.n, source)),
    delta: ({ text }) => {
      this.status("");
      this.answer.write(text);
    },
    block: (event) => this.answer.putBlock(event),
    citation: (event) => this.#cited(event),
    finish: (event) => this.#finished(event),
    error: (event) => this.fail(event),
  };

  #writingFrom() {
    const count = this.#sources.size;
    return count ? `Reading ${count} ${count === 1 ? "passage" : "passages"}` : "Writing";
  }

  #listen() {
    this.answer.addEventListener("cited", ({ detail }) => this.#marked(detail));
    this.answer.addEventListener("click", (event) => {
      const mark = event.target.closest?.("a.citation");
      if (!mark) return;
      event.preventDefault();
      this.#open(Number(mark.dataset.n), mark.citation, mark);
    });
    this.addEventListener("open-source", ({ detail: { n, opener } }) => this.#open(n, this.#judgement(n), opener));
    for (const [start, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
      this.answer.addEventListener(start, (event) => this.#point(event, true));
      this.answer.addEventListener(end, (event) => this.#point(event, false));
    }
    this.querySelector("[data-action=again]").onclick = () => this.#tell("again", this.question);
    this.querySelector("[data-action=edit]").onclick = () => this.#tell("edit", this.question);
    this.querySelector(".actions copy-button").text = () => this.#asMarkdown();
  }

  #point(event, on) {
    const mark = event.target.closest?.("a.citation");
    if (mark) this.notes.highlight(Number(mark.dataset.n), on);
  }

  #marked({ n, mark }) {
    const source = this.#sources.get(n);
    if (!source) return;
    mark.href = `#note-${this.turn}-${n}`;
    mark.setAttribute("aria-label", `Source ${n}: ${source.title}`);
    this.notes.add(source, mark);
    this.notes.anchor(n, mark);
  }

  #cited(citation) {
    const source = this.#sources.get(citation.n);
    if (!source) return;
    this.#judgements.push(citation);
    if (!citation.supported) this.#doubts++;
    this.notes.add(source, this.answer.pending);
    this.notes.judge(citation);
    this.answer.cite(citation);
  }

  #judgements = [];

  #judgement(n) {
    const all = this.#judgements.filter((each) => each.n === n);
    return all.find((each) => each.supported) ?? all[0];
  }

  #open(n, citation, opener) {
    const source = this.#sources.get(n);
    if (source) this.#tell("passage", { source, citation, opener });
  }

  #finished({ reason, timings }) {
    this.#end();
    if (reason === "stopped") this.#caution("Stopped. The answer is not complete.");
    if (reason === "length") this.#caution("The answer reached its greatest length and ends here.");
    if (reason === "done" && this.#doubts) this.#caution(doubtText(this.#doubts));
    this.querySelector(".timings").textContent = timingText(timings);
    const cited = this.notes.count === 1 ? ", one source" : this.notes.count ? `, ${this.notes.count} sources` : "";
    announce(reason === "stopped" ? "Answer stopped" : `Answer complete${cited}`);
  }

  #caution(text) {
    const line = this.querySelector(".caution");
    line.hidden = false;
    line.textContent = text;
  }

  #end() {
    this.running = false;
    this.status("");
    this.answer.end();
    this.querySelector(".actions").hidden = this.answer.isEmpty;
    this.#showOthers();
    this.#tell("ended");
  }

  /** List what was found and not cited; of an answer that cites nothing, at once. */
  #showOthers() {
    const others = [...this.#sources.values()].filter(({ n }) => !this.notes.has(n));
    if (!others.length) return;
    const details = this.querySelector(".others");
    details.hidden = false;
    details.open = this.notes.count === 0;
    const places = others.length === 1 ? "1 more place was" : `${others.length} more places were`;
    details.querySelector("summary").textContent = this.notes.count ? `${places} found` : "The closest places found";
    details.querySelector(".notes").replaceChildren(...others.map(makeNote));
  }

  #offerAgain(offered, seconds) {
    const button = this.querySelector("[data-action=again]");
    button.hidden = !offered;
    let left = Math.ceil(seconds ?? 0);
    const show = () => {
      button.disabled = left > 0;
      button.textContent = left > 0 ? `Ask again in ${left} s` : "Ask again";
      if (left-- <= 0) clearInterval(this.#countdown);
    };
    clearInterval(this.#countdown);
    if (left > 0) this.#countdown = setInterval(show, 1000);
    show();
  }

  #asMarkdown() {
    const cited = [...this.#sources.values()].filter(({ n }) => this.notes.has(n));
    const lines = cited.map((each) => `[${each.n}] ${each.title}: ${new URL(each.url, location.href)}`);
    return [this.answer.markdown.trim(), lines.join("\n")].filter(Boolean).join("\n\n");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

function doubtText(count) {
  return count === 1
    ? "One claim is marked: the passage it cites does not carry it."
    : `${count} claims are marked: the passages they cite do not carry them.`;
}

function timingText(timings = {}) {
  const parts = [
    ["search", "found in"],
    ["first_token", "first word after"],
    ["total", "all in"],
  ]
    .filter(([stage]) => timings[stage] !== undefined)
    .map(([stage, words]) => `${words} ${duration(timings[stage])}`);
  const line = parts.join(" · ");
  return line.charAt(0).toUpperCase() + line.slice(1);
}

function duration(ms) {
  return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

customElements.define("chat-turn", ChatTurn);
