// How the cells of the tables are drawn, column by column as their heads name them. `get` reads from the row.
const toObject = (tables, get) => {
  const [id, name] = [get("object_id"), get("display_name")];
  if (tables.get("objects").about(id).length === 0) return [el("span", "", named(name)), ...(id ? [small(id)] : [])];
  const link = el("a", "", named(name));
  link.href = `#object=${encodeURIComponent(id)}`;
  return [link];
};
const withCount = (count, expired) =>
  expired > 0 ? [el("span", "", String(count)), small(`+ ${expired} expired`)] : [el("span", "", String(count))];
const whose = (get) => {
  if (get("credential_type") !== "") {
    const name = get("credential_name");
    return [el("span", "", printable(get("credential_type"))), ...(name ? [small(short(name))] : []), small(short(get("credential_id")))];
  }
  const policy = get("policy_id");
  if (policy === "" || policy === get("object_id")) return [];
  return [el("span", "", named(get("policy_name"))), small("policy ", short(policy))];
};
// The first of many: whoever wants all looks at the object.
const someOf = (names) => {
  const left = names.length - 5;
  return left > 0 ? [...listed(names.slice(0, 5)), small(`and ${left} more`)] : listed(names);
};
const credited = (get) => {
  const who = get("added_by");
  return who === "" ? [] : [small("added by ", short(who))];
};

const CELLS = {
  changes: {
    change: (get) => {
      const mark = el("span", `mark ${get("kind") === "finding" ? "of-finding" : "of-thing"} ${get("change")}`, get("change"));
      return get("kind") === "finding" && get("after") === "excepted" ? [mark, small("excepted")] : [mark];
    },
    kind: (get) => [get("kind")],
    severity: (get) => (get("severity") ? [severity(get("severity"))] : []),
    display_name: (get, tables) => [...toObject(tables, get), small(get("object_type")), ...portal(get("portal_url"))],
    rule: (get) => [get("rule")],
    credential_type: whose,
    detail: (get) => [sentence(get("detail")), ...credited(get)],
  },
  findings: {
    severity: (get) => [severity(get("severity"))],
    standing: (get) => {
      const mark = el("span", `mark of-finding ${get("standing")}`, get("standing"));
      return get("first_seen") ? [mark, small("first seen ", ...dated(get("first_seen")))] : [mark];
    },
    rule: (get) => [get("rule")],
    display_name: (get, tables) => [...toObject(tables, get), ...portal(get("portal_url"))],
    object_type: (get) => [get("object_type")],
    credential_type: whose,
    days_left: (get) => [
      ...(get("days_left") === null ? [] : [el("span", "", String(get("days_left")))]),
      ...(get("end") ? [small(...dated(get("end")))] : []),
    ],
    owners: (get) => someOf(get("owners")),
    detail: (get) => [
      sentence(get("detail")),
      ...credited(get),
      ...(get("recommendation") ? [el("small", "remedy", sentence(get("recommendation")))] : []),
    ],
  },
  objects: {
    display_name: (get, tables) => [
      ...toObject(tables, get),
      ...(get("enabled") === "false" ? [" ", el("span", "tag", "disabled")] : []),
      ...(get("agent_blueprint") === "true" ? [" ", el("span", "tag", "agent identity blueprint")] : []),
    ],
    object_type: (get) => [get("object_type")],
    owned_by: (get) => [get("owned_by")],
    active_secrets: (get) => withCount(get("active_secrets"), get("expired_secrets")),
    active_certificates: (get) => withCount(get("active_certificates"), get("expired_certificates")),
    secret_creation: (get) => [verdict(get("secret_creation")), small(sentence(get("reason")))],
    assigned_policy_name: (get) =>
      get("assigned_policy_id") === ""
        ? []
        : [el("span", "", named(get("assigned_policy_name"))), ...(get("policy_effect") ? [small(get("policy_effect"))] : [])],
    compliance: (get) => [verdict(get("compliance"))],
    worst_severity: (get) => (get("worst_severity") ? [severity(get("worst_severity"))] : []),
  },
  credentials: {
    display_name: (get, tables) => toObject(tables, get),
    object_type: (get) => [get("object_type")],
    credential_type: (get) => [get("credential_type"), ...(get("not_flagged") ? [small(get("not_flagged"))] : [])],
    credential_name: (get) => [named(get("credential_name")), small(short(get("credential_id")))],
    usage: (get) => [short(get("usage"))],
    start: (get) => dated(get("start")),
    end: (get) => (get("end") === "" && get("credential_type") !== "federated" ? [el("span", "", "never")] : dated(get("end"))),
    lifetime_days: (get) => (get("lifetime_days") === null ? [] : [String(get("lifetime_days"))]),
    days_left: (get) => (get("days_left") === null ? [] : [String(get("days_left"))]),
    state: (get) => [get("state")],
    last_used: (get) => dated(get("last_used")),
  },
  undecided: {
    display_name: (get, tables) => toObject(tables, get),
    object_type: (get) => [get("object_type")],
    rule: (get) => [get("rule")],
    why: (get) => [sentence(get("why"))],
  },
};
const NUMBERS = new Set(["days_left", "lifetime_days", "active_secrets", "active_certificates"]);
