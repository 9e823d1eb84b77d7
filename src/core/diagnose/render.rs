//! Drawing mistakes as a compiler does: file, line, column, the line itself, a caret.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Severity};

/// A mistake that spans more lines than this is shown at its first line.
const MAX_LINES: usize = 4;

/// All mistakes, one after another, with an empty line between; plain text or with terminal colours.
pub fn render(diagnostics: &Diagnostics, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let texts: Vec<String> = diagnostics
        .iter()
        .map(|d| renderer.render(&groups(d)).to_string())
        .collect();
    texts.join("\n\n")
}

fn groups(d: &Diagnostic) -> Vec<Group<'_>> {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(d.message.as_str());
    let mut group = match &d.place {
        Some((source, span)) => {
            let window = Window::around(&source.text, span);
            let mut mark = AnnotationKind::Primary.span(window.mark);
            if let Some(label) = &d.label {
                mark = mark.label(label.as_str());
            }
            title.element(
                Snippet::source(&source.text[window.bytes])
                    .line_start(window.line)
                    .path(&*source.name)
                    .annotation(mark),
            )
        }
        None => Group::with_title(title),
    };
    if let Some(help) = &d.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    vec![group]
}

/// The lines that a mistake touches: cut out, so that drawing a thousand mistakes of a big file does not
/// read it a thousand times.
struct Window {
    bytes: Range<usize>,
    line: usize,
    mark: Range<usize>,
}

impl Window {
    fn around(text: &str, span: &Range<usize>) -> Window {
        let start = floor(text, span.start.min(text.len()));
        let mut end = floor(text, span.end.clamp(start, text.len()));
        let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
        if text[start..end].matches('\n').count() >= MAX_LINES {
            end = line_end(text, start);
        }
        let to = line_end(text, end);
        Window {
            bytes: from..to,
            line: text[..from].matches('\n').count() + 1,
            mark: start - from..end - from,
        }
    }
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at)
}

/// The nearest character boundary at or before a byte offset within the text.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    fn drawn(text: &str, span: Range<usize>) -> String {
        let source = Source {
            name: "x.toml".into(),
            text: text.into(),
        };
        let mut all = Diagnostics::new();
        all.push(Diagnostic::error(&source, span, "wrong").label("here"));
        render(&all, false)
    }

    #[test]
    fn names_line_and_column_of_the_whole_text() {
        insta::assert_snapshot!(drawn("a = 1\nbé = 2\nc = 3\n", 12..13), @r"
        error: wrong
         --> x.toml:2:6
          |
        2 | bé = 2
          |      ^ here
        ");
    }

    #[test]
    fn survives_any_span() {
        let text = "aé\n\nb\u{7}\t\r\nc";
        for start in 0..text.len() + 3 {
            for end in 0..text.len() + 3 {
                assert!(drawn(text, start..end).contains("x.toml:"));
            }
        }
        assert!(drawn("", 0..0).contains("x.toml:1:1"));
    }
}
