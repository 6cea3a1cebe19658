"use strict";
// Every text that is not ours goes in as the text of an element, never as markup.
document.documentElement.classList.add("js");
const RANK = { info: 1, low: 2, medium: 3, high: 4, critical: 5 };
// The roots of the admin centres: nothing else is linked to.
const PORTALS = ["https://entra.microsoft.com", "https://entra.microsoft.us", "https://entra.microsoftonline.cn"];
// Characters of a name and of a sentence in a table: longer ones would push everything else off the screen.
const LONG = 80;
const LONGEST = 600;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const figures = new Intl.NumberFormat("en");
const printable = (text) => text.replace(/[\p{Cc}\u2028\u2029]/gu, " ");
const day = (time) => time.slice(0, 10);
const counted = (count, noun) => `${figures.format(count)} ${noun}${count === 1 ? "" : "s"}`;

// An element of ours: its class, and what is in it.
const el = (tag, classes, ...children) => {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children);
  return element;
};
const foreign = (text) => el("bdi", "", printable(text));
const cut = (text, most) => foreign(text.length > most ? `${Array.from(text).slice(0, most).join("")}…` : text);
const short = (text) => cut(text, LONG);
const sentence = (text) => cut(text, LONGEST);
const named = (text) => (text === "" ? el("i", "", "no name") : short(text));
const small = (...children) => el("small", "", ...children);
const severity = (word) => el("span", `sev ${word}`, word);
const verdict = (word) => el("span", `verdict ${word}`, word);
const listed = (texts, show = short) => texts.flatMap((text, index) => (index === 0 ? [show(text)] : ["; ", show(text)]));
const dated = (time) => (time === "" ? [] : [el("time", "", day(time))]);
const portal = (url) => {
  const root = document.body.dataset.portal.replace(/\/+$/u, "");
  if (!PORTALS.includes(root) || !url.startsWith(`${root}/`) || /[\s\p{Cc}]/u.test(url)) return [];
  const link = el("a", "out", "Admin centre");
  link.href = url;
  link.rel = "noopener noreferrer";
  link.target = "_blank";
  return [link];
};
