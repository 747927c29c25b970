// Checks in the manner of axe: each returns what is wrong, as lines.

const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
const show = (element) => element.outerHTML.slice(0, 120);

function nameOf(element) {
  const label = element.getAttribute("aria-label");
  const others = (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id));
  return (label ?? others.map((other) => other?.textContent ?? "").join(" ")).trim() || element.textContent.trim();
}

function namesMissing() {
  const controls = document.querySelectorAll("a[href], button, textarea, input, summary, dialog, nav, [role], article");
  const silent = new Set(["status", "alert", "none"]);
  return [...controls]
    .filter((element) => visible(element) && !silent.has(element.getAttribute("role")) && !nameOf(element))
    .map((element) => `no name: ${show(element)}`);
}

function structureFaults() {
  const faults = [];
  const count = (selector) => [...document.querySelectorAll(selector)].filter(visible).length;
  if (!document.documentElement.lang) faults.push("no language");
  if (count("main") !== 1) faults.push(`${count("main")} main landmarks`);
  if (count("h1") !== 1) faults.push(`${count("h1")} headings of level 1`);
  if (document.querySelector("[tabindex]:not([tabindex='0']):not([tabindex='-1'])")) faults.push("tab order by hand");
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) faults.push(`id twice: ${id}`);
  for (const element of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
    for (const id of `${element.getAttribute("aria-describedby") ?? ""} ${element.getAttribute("aria-labelledby") ?? ""}`.split(" "))
      if (id && !document.getElementById(id)) faults.push(`reference to nothing: ${id}`);
  let level = 0;
  for (const heading of [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(visible)) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) faults.push(`heading skips from ${level} to ${next}: ${show(heading)}`);
    level = next;
  }
  for (const element of document.querySelectorAll("li"))
    if (!element.parentElement.matches("ul, ol")) faults.push(`list item outside a list: ${show(element)}`);
  return faults;
}

function smallTargets() {
  return [...document.querySelectorAll("button, summary, .note-link, .masthead a")]
    .filter(visible)
    .filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width > 1 && (width < 24 || height < 24);
    })
    .map((element) => `small target: ${show(element)}`);
}

function colour(text) {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return { rgb: [red, green, blue], alpha: alpha / 255 };
}

function background(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const { rgb, alpha } = colour(getComputedStyle(at).backgroundColor);
    if (alpha > 0) layers.push({ rgb, alpha });
    if (alpha > 0.999) break;
  }
  return layers.reverse().reduce((below, { rgb, alpha }) => rgb.map((c, i) => c * alpha + below[i] * (1 - alpha)), [255, 255, 255]);
}

function luminance(rgb) {
  const [red, green, blue] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratio(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** WCAG 2.2, 1.4.3; larger text could do with less, but need not. */
function lowContrast() {
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !visible(element) || element.closest("script, style, template, :disabled")) continue;
    const behind = background(element);
    const { rgb, alpha } = colour(getComputedStyle(element).color);
    const seen = rgb.map((c, i) => c * alpha + behind[i] * (1 - alpha));
    if (ratio(seen, behind) < 4.5) faults.push(`contrast ${ratio(seen, behind).toFixed(2)}: ${show(element)}`);
  }
  const box = document.querySelector("textarea");
  if (box) {
    const contrast = ratio(colour(getComputedStyle(box, "::placeholder").color).rgb, background(box));
    if (contrast < 4.5) faults.push(`contrast of placeholder ${contrast.toFixed(2)}`);
  }
  return faults;
}

function wider() {
  return [...document.querySelectorAll("body *")]
    .filter((element) => visible(element) && !element.closest("pre, .table, .visually-hidden, .skip"))
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => `too wide: ${show(element)}`);
}

/** Whether the element with the focus shows it. */
function focusShown() {
  const style = getComputedStyle(document.activeElement);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const form = document.activeElement.closest(".ask");
  const framed = form && getComputedStyle(form).borderColor === getComputedStyle(document.querySelector("a.brand .brand-note")).fill;
  return outlined || Boolean(framed);
}
