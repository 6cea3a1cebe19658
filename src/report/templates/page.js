"use strict";
// The tables are complete without this script. It hides rows and reorders them, and makes none.
document.documentElement.classList.add("js");
document.addEventListener("DOMContentLoaded", () => {
  const STEP = 250; // Rows laid out at once: more makes a large tenant slow, fewer means more clicks.
  const RANK = { info: 1, low: 2, medium: 3, high: 4, critical: 5 };
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const count = new Intl.NumberFormat("en");

  // A cell's own value is its first child; what follows explains it.
  const value = (row, column) => (row.cells[column].firstChild?.textContent ?? "").trim();

  // The words of a column that a filter lets through; none where it lets through all.
  const meant = (select) => {
    const together = select.selectedOptions[0]?.dataset.means;
    return together?.split("|") ?? (select.value === "" ? [] : [select.value]);
  };

  class Sheet {
    constructor(section) {
      this.table = section.querySelector("table");
      this.form = section.querySelector("form");
      this.output = section.querySelector("output");
      this.buttons = section.querySelectorAll("[data-show]");
      const bodies = this.table.dataset.items === "bodies";
      this.parent = bodies ? this.table : this.table.tBodies[0];
      const elements = bodies ? this.table.tBodies : this.table.tBodies[0].rows;
      this.items = Array.from(elements, (element) => ({ element, row: bodies ? element.rows[0] : element, text: null }));
      this.step = Number(section.dataset.step ?? STEP);
      this.limit = this.step;
      this.revealed = null;
      for (const th of this.table.tHead.rows[0].cells) this.makeSortable(th);
      for (const button of this.buttons) button.addEventListener("click", () => this.showMore(button.dataset.show));
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.form.addEventListener("input", () => {
        this.revealed = null;
        this.refresh();
      });
      this.form.addEventListener("reset", () => setTimeout(() => this.refresh()));
      this.filter();
    }

    makeSortable(th) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => this.sort(th));
    }

    // One filtering for all the keys pressed before the next frame.
    refresh() {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => {
        this.limit = this.step;
        this.filter();
      });
    }

    filter() {
      const wanted = this.form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = Array.from(this.form.querySelectorAll("select"), (select) => [Number(select.dataset.column), meant(select)])
        .filter(([, words]) => words.length > 0);
      let matching = 0;
      for (const item of this.items) {
        const matches = this.matches(item, wanted, chosen);
        if (matches) matching += 1;
        const hidden = (!matches || matching > this.limit) && item.element !== this.revealed;
        if (item.element.hidden !== hidden) item.element.hidden = hidden;
      }
      this.report(matching);
    }

    matches(item, wanted, chosen) {
      for (const [column, words] of chosen) if (!words.includes(value(item.row, column))) return false;
      if (wanted.length === 0) return true;
      item.text ??= item.element.textContent.toLowerCase();
      return wanted.every((word) => item.text.includes(word));
    }

    report(matching) {
      const all = this.items.length;
      const shown = Math.min(matching, this.limit);
      const noun = this.output.dataset.noun;
      const parts = [`${count.format(shown)} of ${count.format(all)} ${noun} shown`];
      if (matching < all) parts.push(`${count.format(matching)} match`);
      this.output.textContent = `${parts.join(", ")}.`;
      for (const button of this.buttons) button.hidden = shown === matching;
    }

    showMore(how) {
      this.limit = how === "all" ? Infinity : this.limit + this.step;
      this.filter();
    }

    sort(th) {
      const column = th.cellIndex;
      const kind = th.dataset.sort ?? "text";
      const first = kind === "severity" ? "descending" : "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      const order = th.getAttribute("aria-sort") === first ? second : first;
      for (const other of th.parentNode.cells) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      for (const item of this.items) item.key = this.key(item, column, kind);
      // Cells without a value come last in either order.
      this.items.sort((a, b) => {
        if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
        return sign * (kind === "text" ? words.compare(a.key, b.key) : a.key - b.key);
      });
      // In portions: one fragment of tens of thousands of rows takes Chromium minutes.
      for (let start = 0; start < this.items.length; start += 500) {
        this.parent.append(...this.items.slice(start, start + 500).map((item) => item.element));
      }
      this.filter();
    }

    key(item, column, kind) {
      const text = value(item.row, column);
      if (text === "") return null;
      if (kind === "text") return text;
      const number = kind === "severity" ? RANK[text] : Number(text.replaceAll(",", ""));
      return Number.isNaN(number) ? null : number;
    }

    // Filters by these columns alone, as the tiles and the rules do. What is not offered is left out.
    choose(wanted) {
      this.form.reset();
      for (const [column, word] of wanted) {
        const select = this.form.querySelector(`[data-column="${column}"]`);
        if (Array.from(select.options).some((option) => option.value === word)) select.value = word;
      }
      this.limit = this.step;
      this.filter();
    }

    // Shows one row wherever it stands; showing all before it would take seconds in a large tenant.
    reveal(element) {
      this.revealed = element;
      this.form.reset();
      this.filter();
    }
  }

  const sheets = new Map();
  try {
    for (const section of document.querySelectorAll(".sheet")) {
      if (section.querySelector("form")) sheets.set(section.id, new Sheet(section));
    }
  } finally {
    document.documentElement.classList.add("ready"); // Only now are the tables shown.
  }

  const open = (body, wanted) => {
    body.classList.toggle("open", wanted);
    body.querySelector(".explain").setAttribute("aria-expanded", String(wanted));
  };
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.matches("#objects tbody")) return;
    sheets.get("objects").reveal(target);
    open(target, true);
    target.scrollIntoView({ block: "center" });
  };
  document.addEventListener("click", (event) => {
    const explain = event.target.closest(".explain");
    if (explain) {
      const body = explain.closest("tbody");
      open(body, !body.classList.contains("open"));
    }
    // The address may already name that object, and then no `hashchange` follows.
    if (event.target.closest("a[href^='#object-']")) setTimeout(follow);
    const link = event.target.closest("[data-severity], [data-rule]");
    if (!link) return;
    const { severity, rule } = link.dataset;
    // What is counted there is open.
    const which = severity === undefined ? [2, rule] : [0, severity];
    sheets.get("findings")?.choose([which, [1, "open"]]);
  });
  window.addEventListener("hashchange", follow);
  follow();
});
