//! The CSV files of a run (DESIGN §4): UTF-8, RFC 4180, CRLF, and no cell that a spreadsheet runs.

mod cells;

use std::borrow::Borrow;
use std::io::{self, Write};

use ::csv::{Error, Terminator, Writer, WriterBuilder};

use super::{ChangeRow, Compared, CredentialRow, FindingRow, Header, ObjectRow, PolicyRow};
use cells::{Cell, NOT_KNOWN, list, number, text, time, truth};

/// Without it Excel takes the file for the local code page.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A table that is being written, of rows with `N` cells of their own.
pub(super) struct Table<'a, R, W: Write, const N: usize> {
    /// What every row begins with: `tenant`, `run_id` and, of changes, `since`.
    shared: Vec<Cell<'a>>,
    cells: for<'r> fn(&'r R) -> [Cell<'r>; N],
    writer: Writer<W>,
}

impl<'a, R, W: Write, const N: usize> Table<'a, R, W, N> {
    fn begin(
        header: &'a Header,
        since: Option<&'a str>,
        columns: [&str; N],
        cells: for<'r> fn(&'r R) -> [Cell<'r>; N],
        bom: bool,
        mut out: W,
    ) -> Result<Self, Error> {
        if bom {
            out.write_all(BYTE_ORDER_MARK)?;
        }
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        let names = ["tenant", "run_id"].into_iter().chain(since.map(|_| "since")).chain(columns);
        writer.write_record(names)?;
        let mut shared = vec![text(&header.tenant), header.run_id.as_str().into()];
        shared.extend(since.map(Cell::from));
        Ok(Self { shared, cells, writer })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, row: &R) -> Result<(), Error> {
        for cell in &self.shared {
            self.writer.write_field(cell.as_bytes())?;
        }
        self.writer.write_record((self.cells)(row).iter().map(Cell::as_bytes))
    }

    /// Writes all of them and hands back what was written to.
    pub(super) fn all(mut self, rows: impl IntoIterator<Item: Borrow<R>>) -> Result<W, Error> {
        for row in rows {
            self.row(row.borrow())?;
        }
        Ok(self.end()?)
    }

    /// Hands back what was written to, once all of it is there.
    pub(super) fn end(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| error.into_error())
    }
}

/// `findings.csv`.
pub(super) fn findings<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, FindingRow, W, { FINDING_COLUMNS.len() }>, Error> {
    Table::begin(header, None, FINDING_COLUMNS, finding, bom, out)
}

/// `objects.csv`.
pub(super) fn objects<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, ObjectRow, W, { OBJECT_COLUMNS.len() }>, Error> {
    Table::begin(header, None, OBJECT_COLUMNS, object, bom, out)
}

/// `credentials.csv`.
pub(super) fn credentials<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, CredentialRow, W, { CREDENTIAL_COLUMNS.len() }>, Error> {
    Table::begin(header, None, CREDENTIAL_COLUMNS, credential, bom, out)
}

/// `policies.csv`.
pub(super) fn policies<W: Write>(
    header: &Header,
    bom: bool,
    out: W,
) -> Result<Table<'_, PolicyRow, W, { POLICY_COLUMNS.len() }>, Error> {
    Table::begin(header, None, POLICY_COLUMNS, policy, bom, out)
}

/// `changes.csv`: no rows where there is nothing to compare with.
pub(super) fn changes<'a, W: Write>(
    header: &'a Header,
    compared: &'a Compared,
    bom: bool,
    out: W,
) -> Result<Table<'a, ChangeRow, W, { CHANGE_COLUMNS.len() }>, Error> {
    let since = match compared {
        Compared::With(last) => last.run_id.as_str(),
        Compared::Unknown | Compared::First => "",
    };
    Table::begin(header, Some(since), CHANGE_COLUMNS, change, bom, out)
}

#[rustfmt::skip]
pub(super) const FINDING_COLUMNS: [&str; 21] = [
    "rule", "severity", "status", "object_type", "object_id", "app_id", "display_name",
    "credential_type", "credential_id", "credential_name", "start", "end", "days_left",
    "policy_id", "policy_name", "owners", "first_seen", "change", "detail", "recommendation", "portal_url",
];

fn finding(row: &FindingRow) -> [Cell<'_>; FINDING_COLUMNS.len()] {
    let FindingRow {
        key: _,
        rule,
        severity,
        status,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        start,
        end,
        days_left,
        policy_id,
        policy_name,
        owners,
        first_seen,
        change,
        detail,
        recommendation,
        portal_url,
    } = row;
    [
        rule.as_str().into(),
        severity.as_str().into(),
        status.as_str().into(),
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        text(credential_type),
        text(credential_id),
        text(credential_name),
        time(*start),
        time(*end),
        number(*days_left),
        text(policy_id),
        text(policy_name),
        list(owners),
        time(*first_seen),
        change.map_or(NOT_KNOWN, |change| change.as_str().into()),
        text(detail),
        text(recommendation),
        text(portal_url),
    ]
}

#[rustfmt::skip]
pub(super) const OBJECT_COLUMNS: [&str; 25] = [
    "object_type", "object_id", "app_id", "display_name", "created", "sign_in_audience", "owned_by",
    "service_principal_type", "enabled", "owners", "active_secrets", "expired_secrets",
    "active_certificates", "expired_certificates", "symmetric_keys", "federated_credentials",
    "assigned_policy_id", "assigned_policy_name", "policy_effect", "secret_creation", "decided_by",
    "reason", "compliance", "worst_severity", "portal_url",
];

fn object(row: &ObjectRow) -> [Cell<'_>; OBJECT_COLUMNS.len()] {
    let ObjectRow {
        object_type,
        object_id,
        app_id,
        display_name,
        created,
        sign_in_audience,
        owned_by,
        service_principal_type,
        enabled,
        owners,
        active_secrets,
        expired_secrets,
        active_certificates,
        expired_certificates,
        symmetric_keys,
        federated_credentials,
        assigned_policy_id,
        assigned_policy_name,
        policy_effect,
        secret_creation,
        decided_by,
        reason,
        compliance,
        worst_severity,
        portal_url,
    } = row;
    [
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        time(*created),
        text(sign_in_audience),
        text(owned_by),
        text(service_principal_type),
        enabled.map_or(NOT_KNOWN, truth),
        list(owners),
        number(Some(*active_secrets)),
        number(Some(*expired_secrets)),
        number(Some(*active_certificates)),
        number(Some(*expired_certificates)),
        number(Some(*symmetric_keys)),
        number(Some(*federated_credentials)),
        text(assigned_policy_id),
        text(assigned_policy_name),
        text(policy_effect),
        text(secret_creation),
        text(decided_by),
        text(reason),
        text(compliance),
        worst_severity.map_or(NOT_KNOWN, |severity| severity.as_str().into()),
        text(portal_url),
    ]
}

#[rustfmt::skip]
pub(super) const CREDENTIAL_COLUMNS: [&str; 14] = [
    "object_type", "object_id", "app_id", "display_name", "credential_type", "usage", "credential_id",
    "credential_name", "start", "end", "lifetime_days", "days_left", "state", "last_used",
];

fn credential(row: &CredentialRow) -> [Cell<'_>; CREDENTIAL_COLUMNS.len()] {
    let CredentialRow {
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        usage,
        credential_id,
        credential_name,
        start,
        end,
        lifetime_days,
        days_left,
        state,
    } = row;
    [
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        text(credential_type),
        text(usage),
        text(credential_id),
        text(credential_name),
        time(*start),
        time(*end),
        number(*lifetime_days),
        number(*days_left),
        text(state),
        NOT_KNOWN,
    ]
}

#[rustfmt::skip]
const POLICY_COLUMNS: [&str; 12] = [
    "policy_type", "policy_id", "policy_name", "policy_enabled", "applies_to", "object_type",
    "collection", "restriction_type", "state", "max_lifetime", "created_on_or_after", "exempted_actors",
];

fn policy(row: &PolicyRow) -> [Cell<'_>; POLICY_COLUMNS.len()] {
    let PolicyRow {
        policy_type,
        policy_id,
        policy_name,
        policy_enabled,
        applies_to,
        object_type,
        collection,
        restriction_type,
        state,
        max_lifetime,
        created_on_or_after,
        exempted_actors,
    } = row;
    [
        text(policy_type),
        text(policy_id),
        text(policy_name),
        truth(*policy_enabled),
        number(*applies_to),
        text(object_type),
        text(collection),
        text(restriction_type),
        text(state),
        text(max_lifetime),
        time(*created_on_or_after),
        list(exempted_actors),
    ]
}

#[rustfmt::skip]
const CHANGE_COLUMNS: [&str; 17] = [
    "change", "kind", "rule", "severity", "object_type", "object_id", "app_id", "display_name",
    "credential_type", "credential_id", "credential_name", "policy_id", "policy_name", "before", "after",
    "detail", "portal_url",
];

fn change(row: &ChangeRow) -> [Cell<'_>; CHANGE_COLUMNS.len()] {
    let ChangeRow {
        change,
        kind,
        key: _,
        rule,
        severity,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
        before,
        after,
        detail,
        portal_url,
    } = row;
    [
        change.as_str().into(),
        kind.as_str().into(),
        rule.map_or(NOT_KNOWN, |rule| rule.as_str().into()),
        severity.map_or(NOT_KNOWN, |severity| severity.as_str().into()),
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        text(credential_type),
        text(credential_id),
        text(credential_name),
        text(policy_id),
        text(policy_name),
        text(before),
        text(after),
        text(detail),
        text(portal_url),
    ]
}
