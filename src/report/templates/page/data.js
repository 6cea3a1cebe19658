// The rows as they stand in the page. A word is written once: after that its number stands for it, here as well, so
// that each is looked at once however many rows have it.
class Table {
  constructor(name, raw, dictionary) {
    this.name = name;
    this.all = raw.all;
    this.which = raw.which;
    this.file = raw.file;
    this.noun = raw.noun;
    this.rows = raw.rows;
    this.dictionary = dictionary;
    this.columns = raw.columns.map(([key, holds], place) => ({ key, holds, place }));
    for (const row of this.rows) for (const { holds, place } of this.columns) row[place] = this.read(row[place], holds);
    this.places = new Map(this.columns.map((column) => [column.key, column]));
  }

  read(cell, holds) {
    if (holds === "words") return cell.map((word) => this.dictionary.number(word));
    return holds === "word" ? this.dictionary.number(cell) : cell;
  }

  // One word for how a finding stands: excepted, or else what it is to the run compared with.
  addStanding() {
    const [status, change] = [this.places.get("status").place, this.places.get("change").place];
    const excepted = this.dictionary.find("excepted");
    const place = this.columns.length;
    const column = { key: "standing", holds: "word", place };
    this.columns.push(column);
    this.places.set(column.key, column);
    for (const row of this.rows) row[place] = row[status] === excepted || row[change] === 0 ? row[status] : row[change];
  }

  get(row, key) {
    const { holds, place } = this.places.get(key);
    const cell = row[place];
    if (holds === "word") return this.dictionary.words[cell];
    return holds === "words" ? cell.map((word) => this.dictionary.words[word]) : cell;
  }

  // Rows by what they are about, made when first asked for.
  about(id) {
    if (!this.byObject) {
      this.byObject = new Map();
      const { place } = this.places.get("object_id");
      for (const row of this.rows) {
        const rows = this.byObject.get(row[place]);
        if (rows) rows.push(row);
        else this.byObject.set(row[place], [row]);
      }
    }
    return this.byObject.get(this.dictionary.find(id)) ?? [];
  }

  // Whether a row holds something, as a function of the row.
  finder(wanted) {
    const words = this.dictionary.holding(wanted);
    const texts = this.columns.filter(({ holds }) => holds === "text").map(({ place }) => place);
    const places = this.columns.filter(({ holds, key }) => holds === "word" && key !== "portal_url").map(({ place }) => place);
    const lists = this.columns.filter(({ holds }) => holds === "words").map(({ place }) => place);
    return (row) =>
      places.some((place) => words[row[place]] === 1) ||
      texts.some((place) => row[place].toLowerCase().includes(wanted)) ||
      lists.some((place) => row[place].some((word) => words[word] === 1));
  }

  // For each row a number to sort by; where there is nothing, not a number.
  keys(key, kind) {
    const { holds, place } = this.places.get(key);
    const empty = (number) => (number === null ? NaN : number);
    if (holds === "number") return this.rows.map((row) => empty(row[place]));
    if (holds === "word") {
      const ranks = this.dictionary.ranks(new Set(this.rows.map((row) => row[place])), kind);
      return this.rows.map((row) => ranks.get(row[place]));
    }
    const text = holds === "text" ? (row) => row[place] : (row) => this.get(row, key).join("; ");
    const texts = this.rows.map(text);
    const order = Array.from(new Set(texts)).sort(collator.compare);
    const ranks = new Map(order.map((value, rank) => [value, value === "" ? NaN : rank]));
    return texts.map((value) => ranks.get(value));
  }
}

class Dictionary {
  constructor() {
    this.words = [""];
    this.numbers = null;
    this.lower = [];
  }

  number(cell) {
    if (typeof cell === "number") return cell;
    this.words.push(cell);
    return this.words.length - 1;
  }

  find(word) {
    this.numbers ??= new Map(this.words.map((known, number) => [known, number]));
    return this.numbers.get(word);
  }

  // For each word whether it holds something.
  holding(wanted) {
    for (let place = this.lower.length; place < this.words.length; place += 1) this.lower.push(this.words[place].toLowerCase());
    const found = new Uint8Array(this.words.length);
    for (let place = 0; place < found.length; place += 1) if (this.lower[place].includes(wanted)) found[place] = 1;
    return found;
  }

  ranks(numbers, kind) {
    if (kind === "severity") return new Map(Array.from(numbers, (number) => [number, RANK[this.words[number]] ?? NaN]));
    const order = Array.from(numbers).sort((one, other) => collator.compare(this.words[one], this.words[other]));
    return new Map(order.map((number, rank) => [number, number === 0 ? NaN : rank]));
  }
}

const readData = () => {
  const { tables } = JSON.parse(document.getElementById("data").textContent);
  const dictionary = new Dictionary();
  // In the order in which they are written: a word has its number from where it first stands.
  const all = new Map(Object.entries(tables).map(([name, raw]) => [name, new Table(name, raw, dictionary)]));
  all.get("findings").addStanding();
  return all;
};
