//! TOML: all syntax errors of a file at once, in words for people who do not read grammars.

use toml::de::DeTable;

use super::reader::Reader;
use super::tree::{self, Place, SourceId, Table};

/// Parses a file; what could be understood of it, with every syntax error noted.
pub(super) fn parse(reader: &mut Reader, source: SourceId, text: &str) -> Table {
    let (parsed, errors) = DeTable::parse_recoverable(text);
    reader.incomplete |= !errors.is_empty();
    let mut lines = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = text
            .get(..span.start)
            .map_or(0, |before| before.matches('\n').count());
        // One slip often breaks a rule several times over: the first on each line is the one to mend.
        if lines.contains(&line) {
            continue;
        }
        lines.push(line);
        let place = Place { source, span };
        let (message, help) = words(error.message());
        let found = reader.error(&place, message);
        found.help = help;
    }
    tree::table(source, parsed.get_ref())
}

fn words(message: &str) -> (String, Option<String>) {
    (format!("this is not TOML: {message}"), None)
}
