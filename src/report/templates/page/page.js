// The view is in the address, after `#`: whoever is sent it sees the same, and going back goes back.
class Address {
  constructor(sheets, drill) {
    Object.assign(this, { sheets, drill, typing: false });
  }

  static parse(hash) {
    const states = new Map();
    let object = "";
    const text = hash.replace(/^#/u, "");
    for (const [name, value] of text.includes("=") ? new URLSearchParams(text) : []) {
      if (name === "object") object = value;
      const [id, key] = name.split(/\.(.*)/su);
      if (key === undefined) continue;
      if (!states.has(id)) states.set(id, Sheet.empty());
      const state = states.get(id);
      if (key === "q" || key === "sort") state[key] = value;
      else if (key === "page") state.page = Number(value);
      else state.chosen[key] = value;
    }
    return { states, object };
  }

  text() {
    const parameters = new URLSearchParams();
    for (const [id, { state }] of this.sheets) {
      if (state.q) parameters.set(`${id}.q`, state.q);
      for (const [key, word] of Object.entries(state.chosen)) parameters.set(`${id}.${key}`, word);
      if (state.sort) parameters.set(`${id}.sort`, state.sort);
      if (state.page > 1) parameters.set(`${id}.page`, String(state.page));
    }
    if (this.drill.id) parameters.set("object", this.drill.id);
    return `#${parameters}`;
  }

  // A step can be gone back; what is typed is one step, however many keys it takes.
  write(how, opened = false) {
    clearTimeout(this.timer);
    if (how === "typing" && this.typing) {
      this.timer = setTimeout(() => history.replaceState(history.state, "", this.text()), 200);
      return;
    }
    this.typing = how === "typing";
    if (this.text() !== location.hash) history.pushState({ opened }, "", this.text());
  }

  read() {
    clearTimeout(this.timer);
    this.typing = false;
    const { states, object } = Address.parse(location.hash);
    for (const [id, sheet] of this.sheets) sheet.set(states.get(id) ?? Sheet.empty());
    this.drill.show(object);
    return states;
  }

  open(object) {
    this.typing = false;
    this.drill.show(object);
    this.write("step", true);
  }

  closed() {
    if (history.state?.opened) history.back();
    else history.replaceState(null, "", this.text());
  }
}

// Follows a link to a part of the tables without leaving the filters of the others.
const goTo = (sheet, chosen) => {
  sheet.change({ q: "", chosen });
  sheet.section.scrollIntoView();
  sheet.section.focus({ preventScroll: true });
};

const chooseColours = (button) => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = (colours) => {
    try {
      if (colours) localStorage.setItem("keysweep-colours", colours);
      return localStorage.getItem("keysweep-colours");
    } catch {
      return null; // Where nothing may be kept, the system decides again the next time.
    }
  };
  const isDark = () => (root.dataset.colours ?? (system.matches ? "dark" : "light")) === "dark";
  const say = () => (button.textContent = isDark() ? "Light colours" : "Dark colours");
  const known = stored();
  if (known === "dark" || known === "light") root.dataset.colours = known;
  button.addEventListener("click", () => {
    root.dataset.colours = isDark() ? "light" : "dark";
    stored(root.dataset.colours);
    say();
  });
  system.addEventListener("change", say);
  say();
  button.hidden = false;
};

document.addEventListener("DOMContentLoaded", () => {
  const sheets = new Map();
  let address;
  try {
    chooseColours(document.getElementById("theme"));
    const tables = readData();
    const drill = new Drill(document.getElementById("drill"), tables, () => address.closed());
    address = new Address(sheets, drill);
    for (const section of document.querySelectorAll(".sheet")) {
      if (section.querySelector("form")) sheets.set(section.id, new Sheet(section, tables, (how) => address.write(how)));
    }
    const [first] = address.read().keys();
    if (!drill.id && sheets.has(first)) sheets.get(first).section.scrollIntoView();
  } finally {
    document.documentElement.classList.add("ready"); // Only now are the tables shown.
  }
  window.addEventListener("popstate", () => address.read());
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const { severity: worst, rule, creation } = link.dataset;
    const [findings, objects] = [sheets.get("findings"), sheets.get("objects")];
    if (link.hash.startsWith("#object=")) address.open(Address.parse(link.hash).object);
    else if (worst && findings) goTo(findings, { severity: worst, standing: "open" });
    else if (rule && findings) goTo(findings, { rule, standing: "open" });
    else if (creation && objects) goTo(objects, { secret_creation: creation });
    else {
      // A part of the page: going there must not undo what is filtered.
      const target = document.getElementById(link.hash.slice(1));
      target?.scrollIntoView();
      target?.focus({ preventScroll: true });
    }
    event.preventDefault();
  });
  window.addEventListener("beforeprint", () => sheets.forEach((sheet) => sheet.toPaper(true)));
  window.addEventListener("afterprint", () => sheets.forEach((sheet) => sheet.toPaper(false)));
});
