// What explains one object: its verdict with the policies behind it, what was found, what it holds.
const EFFECTS = {
  strengthens: "strengthens what the tenant default demands",
  weakens: "weakens what the tenant default demands",
  none: "changes nothing of what the tenant default demands",
  "not-in-force": "is not in force",
};
const part = (title, ...children) => {
  const section = el("section", "", el("h3", "", title), ...children);
  return section;
};
const facts = (pairs) => {
  const shown = pairs.filter(([, values]) => values.length > 0);
  return el("dl", "", ...shown.map(([label, values]) => el("div", "", el("dt", "", label), el("dd", "", ...values))));
};
const some = (text) => (text === "" ? [] : [foreign(text)]);
const sheetOf = (caption, heads, rows) => {
  const head = (label) => Object.assign(el("th", "", label), { scope: "col" });
  const body = el("tbody", "", ...rows.map((cells) => el("tr", "", ...cells.map((cell) => el("td", "", ...cell)))));
  const table = el("table", "", el("caption", "", caption), el("thead", "", el("tr", "", ...heads.map(head))), body);
  return el("div", "wide", table);
};

class Drill {
  constructor(dialog, tables, closed) {
    this.dialog = dialog;
    this.tables = tables;
    this.title = document.getElementById("h-drill");
    this.content = document.getElementById("drill-content");
    this.id = "";
    document.getElementById("drill-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      const id = this.id;
      this.id = "";
      if (id !== "") closed();
    });
  }

  // Shows an object, or none.
  show(id) {
    if (id === this.id) return;
    this.id = id;
    if (id === "") {
      this.dialog.close();
      return;
    }
    const objects = this.tables.get("objects");
    const [row] = objects.about(id);
    this.title.replaceChildren(...(row ? [objects.get(row, "display_name") === "" ? "No name" : foreign(objects.get(row, "display_name"))] : ["Not on this page"]));
    const missing = () => [el("p", "", "There is no object ", foreign(id), " on this page. The file objects.csv has all objects.")];
    this.content.replaceChildren(...(row ? this.parts(id, (key) => objects.get(row, key)) : missing()));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    this.title.focus({ preventScroll: true });
  }

  about(name, id) {
    const table = this.tables.get(name);
    return table.about(id).map((row) => (key) => table.get(row, key));
  }

  // Of a table that was cut, nobody knows here whether an object has more.
  rest(name) {
    const { rows, all, file } = this.tables.get(name);
    return rows.length < all ? [el("p", "caution", `This page does not show all ${name} of the tenant: ${file} does, and there may be more of this object.`)] : [];
  }

  parts(id, get) {
    const worst = get("worst_severity");
    const tags = [
      el("span", "tag", get("object_type")),
      ...(get("enabled") === "false" ? [el("span", "tag", "disabled")] : []),
      ...(get("agent_blueprint") === "true" ? [el("span", "tag", "agent identity blueprint")] : []),
      ...(worst ? [severity(worst)] : []),
      verdict(get("compliance")),
      ...portal(get("portal_url")),
    ];
    return [el("p", "tags", ...tags), this.policy(get), this.findings(id), this.credentials(id), this.changes(id), this.open(id), this.policies(get), this.facts(get)].flat();
  }

  // Why a secret can be added, or not: the verdict, and who decided.
  policy(get) {
    const effect = get("policy_effect");
    const decided = get("decided_by").replace(/^policy:.*$/u, "the assigned policy").replace("tenant-default", "the tenant default").replace("none", "no policy");
    const assigned = get("assigned_policy_id");
    return part(
      "New client secrets",
      el("p", "", verdict(get("secret_creation")), " ", foreign(get("reason"))),
      facts([
        ["Decided by", some(decided)],
        ["Assigned policy", assigned === "" ? [] : [named(get("assigned_policy_name")), ...(EFFECTS[effect] ? [small(EFFECTS[effect])] : []), small(short(assigned))]],
      ]),
    );
  }

  // What the tenant default and the assigned policy say of objects like this.
  policies(get) {
    const assigned = get("assigned_policy_id");
    const applies = (row) => row("policy_type") === "tenant-default" || row("policy_id") === assigned;
    const table = this.tables.get("policies");
    const reaches = [get("object_type"), "both", ""];
    const rows = table.rows.map((row) => (key) => table.get(row, key)).filter(applies).filter((row) => reaches.includes(row("object_type")));
    const cells = (row) => [
      [el("span", "", named(row("policy_name"))), ...(row("policy_enabled") === "false" ? [small("not enabled")] : [])],
      row("restriction_type") === "" ? [el("i", "", "no restrictions")] : [foreign(row("restriction_type"))],
      row("restriction_type") === "" ? [] : [row("state") === "" ? "not stated" : foreign(row("state"))],
      some(row("max_lifetime")),
      dated(row("created_on_or_after")),
      listed(row("exempted_actors")),
    ];
    if (rows.length === 0) return [];
    const heads = ["Policy", "Restriction", "State", "Longest lifetime", "Created on or after", "Exempted actors"];
    return [part("Policies in play", sheetOf("The tenant default, and the assigned policy where there is one", heads, rows.map(cells)))];
  }

  findings(id) {
    const rows = this.about("findings", id);
    if (rows.length === 0) return [part("Findings", el("p", "nothing", "None on this page."), ...this.rest("findings"))];
    const item = (get) => {
      const item = el("li", get("standing") === "excepted" ? "excepted" : "");
      item.append(severity(get("severity")), " ", el("b", "", get("rule")), " ", el("span", `mark of-finding ${get("standing")}`, get("standing")));
      item.append(el("p", "", foreign(get("detail"))));
      if (get("recommendation")) item.append(el("p", "remedy", el("b", "", "To do: "), foreign(get("recommendation"))));
      item.append(
        facts([
          ["Credential", get("credential_type") === "" ? [] : [get("credential_type"), ...(get("credential_name") ? [" ", foreign(get("credential_name"))] : []), small(short(get("credential_id")))]],
          ["Ends", dated(get("end"))],
          ["Days left", get("days_left") === null ? [] : [String(get("days_left"))]],
          ["First seen", dated(get("first_seen"))],
          ["Added by", some(get("added_by"))],
        ]),
      );
      return item;
    };
    return [part(counted(rows.length, "finding"), el("ul", "found", ...rows.map(item)), ...this.rest("findings"))];
  }

  credentials(id) {
    const rows = this.about("credentials", id);
    const rest = this.rest("credentials");
    if (rows.length === 0) return rest.length === 0 ? [] : [part("Credentials", el("p", "nothing", "None on this page."), ...rest)];
    const cells = (get) => CREDENTIAL_KEYS.map((key) => CELLS.credentials[key](get, this.tables));
    const caption = rest.length === 0 ? "All it holds, expired ones included" : "Those on this page";
    return [part(counted(rows.length, "credential"), sheetOf(caption, ["Credential", "Name", "Starts", "Ends", "Days left", "State", "Last used"], rows.map(cells)), ...rest)];
  }

  changes(id) {
    const rows = this.about("changes", id);
    if (rows.length === 0) return [];
    const item = (get) => el("li", "", ...CELLS.changes.change(get), " ", ...(get("severity") ? [severity(get("severity")), " "] : []), get("rule") || get("kind"), ": ", foreign(get("detail")), ...credited(get));
    return [part("What changed", el("ul", "found", ...rows.map(item)))];
  }

  open(id) {
    const rows = this.about("undecided", id);
    if (rows.length === 0) return [];
    return [part("Undecided", el("ul", "found", ...rows.map((get) => el("li", "", el("b", "", get("rule")), " ", foreign(get("why"))))))];
  }

  // What has no part of its own; what is unknown or none is left out.
  facts(get) {
    const number = (key) => (get(key) > 0 ? [String(get(key))] : []);
    return [
      part(
        "Facts",
        facts([
          ["Owners", get("owners").length > 0 ? listed(get("owners"), foreign) : ["none known"]],
          ["Owned by", some(get("owned_by"))],
          ["Object id", some(get("object_id"))],
          ["App id", some(get("app_id"))],
          ["Created", dated(get("created"))],
          ["Sign-in audience", some(get("sign_in_audience"))],
          ["Service principal type", some(get("service_principal_type"))],
          ["Last sign-in", dated(get("last_sign_in"))],
          ["Application permissions", listed(get("permissions"), foreign)],
          ["Directory roles", listed(get("directory_roles"), foreign)],
          ["Symmetric keys", number("symmetric_keys")],
          ["Federated credentials", number("federated_credentials")],
        ]),
      ),
    ];
  }
}
const CREDENTIAL_KEYS = ["credential_type", "credential_name", "start", "end", "days_left", "state", "last_used"];
