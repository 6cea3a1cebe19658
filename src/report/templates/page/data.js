// The rows as they stand in the page. A word is written once: after that its number stands for it, here as well, so
// that each is looked at once however many rows have it.
// Many texts in one, so that looking through all of them is looking through one.
class Haystack {
  constructor(texts) {
    const lower = texts.map((text) => text.toLowerCase());
    this.starts = new Uint32Array(lower.length + 1);
    lower.forEach((text, place) => (this.starts[place + 1] = this.starts[place] + text.length + 1));
    this.text = lower.join("\n");
  }

  // For each text whether it holds what is wanted, which has no space in it.
  holding(wanted) {
    const found = new Uint8Array(this.starts.length - 1);
    let place = 0;
    for (let at = this.text.indexOf(wanted); at !== -1; at = this.text.indexOf(wanted, this.starts[place + 1])) {
      while (this.starts[place + 1] <= at) place += 1;
      found[place] = 1;
    }
    return found;
  }
}

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
    const address = this.columns.find(({ key }) => key === "portal_url");
    if (address) for (const row of this.rows) dictionary.silent.add(row[address.place]);
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

  // Whether a row, the how-manieth it is, holds something: as a function of both.
  finder(wanted) {
    const words = this.dictionary.holding(wanted);
    const of = (kind) => this.columns.filter(({ holds }) => holds === kind).map(({ place }) => place);
    const [places, lists] = [of("word"), of("words")];
    this.haystacks ??= of("text").map((place) => new Haystack(this.rows.map((row) => row[place])));
    const texts = this.haystacks.map((haystack) => haystack.holding(wanted));
    return (row, index) => {
      for (const found of texts) if (found[index] === 1) return true;
      for (const place of places) if (words[row[place]] === 1) return true;
      return lists.some((place) => row[place].some((word) => words[word] === 1));
    };
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
    this.silent = new Set(); // Nobody looks for these.
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
    this.haystack ??= new Haystack(this.words.map((word, number) => (this.silent.has(number) ? "" : word)));
    return this.haystack.holding(wanted);
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
