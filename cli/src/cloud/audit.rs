//! `cardwire cloud audit`: who decided what.

use super::{
    manage::Database,
    time::{now, parse, time},
};
use crate::{
    failure::{Exit, Failure},
    terminal::{Format, from_hex, hex, print, print_json, table},
};
use cardwire_peers::cloud::{AuditFilter, AuditHead, AuditRow};
use serde_json::{Value, json};

pub(super) const EXAMPLE: &str = "\
Examples:
  cardwire cloud audit --db cloud.db --since 7d --reader BRANCH-7-READER-1
  cardwire cloud audit --db cloud.db --since 2026-11-01 --format json
  cardwire cloud audit --db cloud.db --verify
  cardwire cloud audit --db cloud.db --verify --kept 1234:9f86d081…0f00a08

Rows are chained by digests: --verify finds one that was changed, taken out, put in or cut off. Keep what it prints on
another machine and give it to the next check with --kept: then a log that was made anew is found too.";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Only rows from this time on: a day, a time such as 2026-11-28T09:00:00Z, or how long ago, such as 90m, 12h, 7d
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only rows about this reader
    #[arg(long, value_name = "ID")]
    reader: Option<String>,
    /// Only rows about this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Check the whole log instead of showing it
    #[arg(long, conflicts_with_all = ["since", "reader", "client"])]
    verify: bool,
    /// The number and digest of a row that an earlier check printed; it must still be there
    #[arg(long, value_name = "NUMBER:DIGEST", requires = "verify")]
    kept: Option<String>,
    /// How to tell it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    show(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn show(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.verify {
        return verify(arguments);
    }
    let since = arguments.since.as_deref().map(|text| {
        parse(text, now()).ok_or_else(|| {
            let next = "Give a day such as 2026-11-28, a time such as 2026-11-28T09:00:00Z, or how long ago: 90m, 12h, 7d.";
            Failure::new(Exit::Usage, format!("`{text}` is no time"), next)
        })
    });
    let filter = AuditFilter {
        since: since.transpose()?,
        reader: arguments.reader.clone(),
        client: arguments.client.clone(),
    };
    let rows = arguments.database.open()?.audit(&filter)?;
    match arguments.format {
        Format::Text => {
            let header = [
                "number", "time", "who", "event", "reader", "client", "update", "outcome", "detail",
            ];
            print(table(&header, rows.iter().map(text)));
        }
        Format::Json => print_json(&rows.iter().map(document).collect()),
    }
    Ok(())
}

fn verify(arguments: &Arguments) -> Result<(), Failure> {
    let kept = arguments.kept.as_deref().map(|text| {
        head(text).ok_or_else(|| {
            let next = "Give number and digest as an earlier --verify has printed them.";
            Failure::new(
                Exit::Usage,
                format!("`{text}` is no number and digest of a row"),
                next,
            )
        })
    });
    let AuditHead { number, hash } = arguments.database.open()?.verify_audit(kept.transpose()?)?;
    match arguments.format {
        Format::Text => print(format_args!(
            "{number} rows, all as they were written\nkeep this: {number}:{}",
            hex(&hash)
        )),
        Format::Json => print_json(&json!({ "rows": number, "keep": format!("{number}:{}", hex(&hash)) })),
    }
    Ok(())
}

fn head(text: &str) -> Option<AuditHead> {
    let (number, hash) = text.split_once(':')?;
    Some(AuditHead {
        number: number.parse().ok()?,
        hash: from_hex(hash)?.try_into().ok()?,
    })
}

fn text(row: &AuditRow) -> Vec<String> {
    let or_blank = |name: &Option<String>| name.clone().unwrap_or_default();
    vec![
        row.number.to_string(),
        time(row.at),
        row.actor.clone(),
        row.event.clone(),
        or_blank(&row.reader),
        or_blank(&row.client),
        row.campaign.map(|id| id.to_string()).unwrap_or_default(),
        row.outcome.clone(),
        row.detail.clone(),
    ]
}

fn document(row: &AuditRow) -> Value {
    json!({
        "number": row.number,
        "time": row.at,
        "who": row.actor,
        "event": row.event,
        "reader": row.reader,
        "client": row.client,
        "update": row.campaign,
        "outcome": row.outcome,
        "detail": row.detail,
        "digest": hex(&row.hash),
    })
}
