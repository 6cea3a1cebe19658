// Where a sheet has its rows from: the data, or the table itself where all of it is in the page.
class FromData {
  constructor(table, tables, keys) {
    Object.assign(this, { table, tables, keys, rows: table.rows });
  }

  keep(wanted, chosen) {
    const tests = wanted.map((word) => this.table.finder(word));
    for (const [key, word] of chosen) {
      const { place } = this.table.places.get(key);
      const open = this.isOpen(key, word);
      const number = this.table.dictionary.find(open ? "excepted" : word);
      tests.push(open ? (row) => row[place] !== number : (row) => row[place] === number);
    }
    const kept = [];
    this.rows.forEach((row, index) => tests.every((test) => test(row, index)) && kept.push(index));
    return kept;
  }

  // All that is not excepted, whatever else it is.
  isOpen(key, word) {
    return key === "standing" && word === "open";
  }

  // Whether a word that no row has would leave rows out.
  narrows(key, word) {
    return !this.isOpen(key, word) || this.rows.some((row) => this.table.get(row, key) === "excepted");
  }

  // Whether `open` stands for several words.
  hasOpen() {
    this.open ??= (({ place }) => {
      const words = new Set(this.rows.map((row) => this.table.dictionary.words[row[place]]));
      return words.has("excepted") && !words.has("open") && words.size > 1;
    })(this.table.places.get("standing"));
    return this.open;
  }

  // What a filter offers, each word with how many rows have it.
  offer(select) {
    const { key } = select.dataset;
    const { place } = this.table.places.get(key);
    const counts = new Map();
    for (const row of this.rows) counts.set(row[place], (counts.get(row[place]) ?? 0) + 1);
    counts.delete(0);
    const words = Array.from(counts, ([number, count]) => [this.table.dictionary.words[number], count]);
    const order = key.includes("severity") ? ([one], [other]) => RANK[other] - RANK[one] : ([one], [other]) => collator.compare(one, other);
    words.sort(order);
    if (key === "standing" && this.hasOpen()) {
      words.unshift(["open", words.reduce((sum, [word, count]) => sum + (word === "excepted" ? 0 : count), 0)]);
    }
    const option = (value, label) => Object.assign(el("option", "", label), { value });
    select.append(option("", "any"), ...words.map(([word, count]) => option(word, `${word} (${figures.format(count)})`)));
  }

  order(key, kind) {
    return this.table.keys(key, kind);
  }

  draw(index) {
    const row = this.rows[index];
    const get = (key) => this.table.get(row, key);
    const cells = this.keys.map((key) => el("td", NUMBERS.has(key) ? "n" : "", ...CELLS[this.table.name][key](get, this.tables)));
    const excepted = this.table.name === "findings" ? get("standing") === "excepted" : this.table.name === "changes" && get("after") === "excepted" && get("kind") === "finding";
    return el("tr", excepted ? "excepted" : "", ...cells);
  }
}

class FromPage {
  constructor(table) {
    this.rows = Array.from(table.tBodies[0].rows);
    this.texts = this.rows.map((row) => row.textContent.toLowerCase());
    this.heads = Array.from(table.tHead.rows[0].cells, (th) => th.dataset.key);
  }

  // A cell's own value is its first child; what follows explains it.
  value(row, column) {
    return (row.cells[column].firstChild?.textContent ?? "").trim();
  }

  keep(wanted, chosen) {
    const matches = (row, index) =>
      chosen.every(([key, word]) => this.value(row, this.heads.indexOf(key)) === word) && wanted.every((word) => this.texts[index].includes(word));
    return this.rows.flatMap((row, index) => (matches(row, index) ? [index] : []));
  }

  offer(select) {
    select.dataset.key = this.heads[Number(select.dataset.column)];
  }

  narrows() {
    return true;
  }

  order(key, kind) {
    const values = this.rows.map((row) => this.value(row, this.heads.indexOf(key)));
    if (kind === "number") return values.map((text) => (text === "" ? NaN : Number(text.replaceAll(",", ""))));
    const ranks = new Map(Array.from(new Set(values)).sort(collator.compare).map((text, rank) => [text, text === "" ? NaN : rank]));
    return values.map((text) => ranks.get(text));
  }

  draw(index) {
    return this.rows[index];
  }
}

// A table with its filters. What it shows is its state: what is looked for, what is chosen, how it is sorted, and
// which page of it is shown.
class Sheet {
  static STEP = 100; // Rows of a page: more would make it slow, fewer mean more turning.
  static PAPER = 500; // Rows that are printed: nobody reads more on paper.

  constructor(section, tables, changed) {
    this.section = section;
    this.table = section.querySelector("table");
    this.form = section.querySelector("form");
    this.output = section.querySelector("output");
    this.pager = section.querySelector(".pager");
    this.step = Number(section.dataset.step ?? Sheet.STEP);
    this.changed = changed;
    this.ths = Array.from(this.table.tHead.rows[0].cells);
    this.ths.forEach((th, index) => (th.dataset.key ??= String(index)));
    const data = tables.get(section.dataset.table);
    this.source = data ? new FromData(data, tables, this.ths.map((th) => th.dataset.key)) : new FromPage(this.table);
    this.selects = Array.from(this.form.querySelectorAll("select"));
    for (const select of this.selects) this.source.offer(select);
    if (data && data.rows.length < data.all) this.table.before(el("p", "caution", this.cut(data)));
    this.sorted = this.ths.find((th) => th.hasAttribute("aria-sort")) ?? null;
    this.ths.forEach((th) => this.makeSortable(th));
    this.listen(data);
    this.state = Sheet.empty();
    this.refresh();
  }

  static empty() {
    return { q: "", chosen: {}, sort: "", page: 1 };
  }

  cut(data) {
    const noun = data.noun === "policy" ? "policies" : `${data.noun}s`;
    return `${figures.format(data.rows.length)} of ${figures.format(data.all)} ${noun}, ${data.which}. All of them are in ${data.file}.`;
  }

  listen(data) {
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.elements.text.addEventListener("input", () => this.change({ q: this.form.elements.text.value }, "typing"));
    for (const select of this.selects) {
      select.addEventListener("change", () => this.change({ chosen: { ...this.state.chosen, [select.dataset.key]: select.value } }));
    }
    this.form.addEventListener("reset", (event) => {
      event.preventDefault();
      this.change({ q: "", chosen: {} });
    });
    for (const button of this.section.querySelectorAll("[data-page]")) {
      button.addEventListener("click", () => {
        this.change({ page: this.state.page + Number(button.dataset.page) });
        this.table.scrollIntoView({ block: "start" });
      });
    }
    this.form.querySelector("[data-csv]")?.addEventListener("click", () => {
      const complete = this.kept.length === data.all;
      download(toCsv(data, this.kept.map((index) => data.rows[index])), nameOfFile(data, complete));
    });
  }

  makeSortable(th) {
    const button = el("button", "", ...th.childNodes);
    button.type = "button";
    th.append(button);
    button.addEventListener("click", () => {
      const worstFirst = th.dataset.sort === "severity";
      const [up, down] = [th.dataset.key, `-${th.dataset.key}`];
      const [first, second] = worstFirst ? [down, up] : [up, down];
      this.change({ sort: this.state.sort === first ? second : first });
    });
  }

  // What a user does: it goes into the address too.
  change(what, how = "step") {
    this.set({ ...this.state, page: 1, ...what });
    this.changed(how);
  }

  // What an address says. A word that no row has, as in a link to another report, finds nothing rather than everything.
  set(state) {
    const chosen = {};
    for (const select of this.selects) {
      const { key } = select.dataset;
      const word = state.chosen[key] ?? "";
      select.value = word;
      if (select.value !== word && this.source.narrows(key, word)) {
        select.append(Object.assign(el("option", "", `${word} (0)`), { value: word }));
        select.value = word;
      } else if (select.value !== word) select.value = "";
      if (select.value !== "") chosen[key] = select.value;
    }
    const sort = this.ths.some((th) => th.dataset.key === state.sort.replace(/^-/u, "")) ? state.sort : "";
    const page = Number.isInteger(state.page) && state.page > 0 ? state.page : 1;
    const next = { q: state.q, chosen, sort, page };
    if (JSON.stringify(next) === JSON.stringify(this.state)) return;
    this.state = next;
    if (this.form.elements.text.value !== next.q) this.form.elements.text.value = next.q;
    this.refresh();
  }

  get narrowed() {
    return this.state.q !== "" || Object.keys(this.state.chosen).length > 0;
  }

  refresh() {
    const wanted = this.state.q.toLowerCase().split(/\s+/u).filter(Boolean);
    this.kept = this.source.keep(wanted, Object.entries(this.state.chosen));
    this.sort();
    const pages = Math.max(1, Math.ceil(this.kept.length / this.step));
    this.state.page = Math.min(this.state.page, pages);
    this.section.classList.toggle("narrowed", this.narrowed);
    this.draw((this.state.page - 1) * this.step, this.step);
    this.report(pages);
  }

  sort() {
    const { sort } = this.state;
    for (const th of this.ths) th.removeAttribute("aria-sort");
    if (sort === "") {
      this.sorted?.setAttribute("aria-sort", "descending"); // As they come.
      return;
    }
    const [key, sign] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
    const th = this.ths.find((one) => one.dataset.key === key);
    th.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
    this.orders ??= new Map();
    if (!this.orders.has(key)) this.orders.set(key, this.source.order(key, th.dataset.sort));
    const keys = this.orders.get(key);
    // Rows without a value come last in either order.
    this.kept.sort((one, other) => {
      const [a, b] = [keys[one], keys[other]];
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b) || one - other;
      return sign * (a - b) || one - other;
    });
  }

  draw(from, count) {
    this.table.tBodies[0].replaceChildren(...this.kept.slice(from, from + count).map((index) => this.source.draw(index)));
  }

  report(pages) {
    const [all, matching] = [this.source.rows.length, this.kept.length];
    const { noun } = this.output.dataset;
    const first = (this.state.page - 1) * this.step + 1;
    const last = Math.min(first + this.step - 1, matching);
    const shown = matching === 0 ? `None of ${figures.format(all)} ${noun} match.` : `${figures.format(first)} to ${figures.format(last)} of ${figures.format(matching)} ${noun}`;
    const narrowed = matching > 0 && matching < all ? `, out of ${figures.format(all)}.` : ".";
    this.output.textContent = matching === 0 ? shown : shown + narrowed;
    this.pager.hidden = pages === 1;
    const [before, after] = this.pager.querySelectorAll("button");
    before.disabled = this.state.page === 1;
    after.disabled = this.state.page === pages;
  }

  // Paper has what is filtered, from its beginning.
  toPaper(begins) {
    this.note?.remove();
    if (begins && this.kept.length > Sheet.PAPER) {
      this.note = el("p", "caution paper", `The first ${Sheet.PAPER} of ${figures.format(this.kept.length)} are printed.`);
      this.table.before(this.note);
    }
    if (begins) this.draw(0, Sheet.PAPER);
    else this.draw((this.state.page - 1) * this.step, this.step);
  }
}
