//! Drawing mistakes as a compiler does: file, line, column, the line itself, a caret.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Severity};

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
            let end = span.end.min(source.text.len());
            let mut mark = AnnotationKind::Primary.span(span.start.min(end)..end);
            if let Some(label) = &d.label {
                mark = mark.label(label.as_str());
            }
            title.element(
                Snippet::source(&*source.text)
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
