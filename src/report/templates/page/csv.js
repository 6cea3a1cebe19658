// Files as Keysweep writes them itself: RFC 4180, with a byte order mark where it writes one, and nothing that a spreadsheet would run.
const NO_COLUMN = {
  findings: ["added_by", "standing"],
  objects: ["last_sign_in", "permissions", "directory_roles", "agent_blueprint"],
  credentials: ["not_flagged"],
};
const guarded = (text) => {
  const clean = text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/gu, "\ufffd");
  return /^[=+\-@\t\r]/u.test(clean) ? `'${clean}` : clean;
};
const quoted = (cell) => (/[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const cellOf = (value) => {
  if (value === null) return "";
  return typeof value === "number" ? String(value) : guarded(Array.isArray(value) ? value.join("; ") : value);
};

// The rows of a table as a file.
const toCsv = (table, rows) => {
  const { tenant, run, since, bom } = document.body.dataset;
  const keys = table.columns.map(({ key }) => key).filter((key) => !(NO_COLUMN[table.name] ?? []).includes(key));
  const first = table.name === "changes" ? { tenant, run_id: run, since } : { tenant, run_id: run };
  const line = (cells) => `${cells.map(quoted).join(",")}\r\n`;
  const lines = rows.map((row) => line([...Object.values(first).map(guarded), ...keys.map((key) => cellOf(table.get(row, key)))]));
  return new Blob([bom === undefined ? "" : "\ufeff", line([...Object.keys(first), ...keys]), ...lines], { type: "text/csv;charset=utf-8" });
};
const download = (blob, name) => {
  const link = el("a", "");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};
const nameOfFile = (table, complete) => {
  const { tenant, run } = document.body.dataset;
  const part = complete ? "" : "-filtered";
  return `keysweep-${tenant}-${run}-${table.name}${part}.csv`.replace(/[^\w.-]+/gu, "_");
};
