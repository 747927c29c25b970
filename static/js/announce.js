/** Tell a screen reader something once, without moving the focus. */
export function announce(text) {
  say("announcements", text);
}

/** The same for what needs attention now. */
export function alarm(text) {
  say("alerts", text);
}

function say(region, text) {
  const element = document.getElementById(region);
  // The same words twice would not be read again, were they not taken away in between
  element.textContent = "";
  requestAnimationFrame(() => (element.textContent = text));
}
