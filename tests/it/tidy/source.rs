//! Rust source as the rules see it: code without comments and literals, and the literals beside it.

use std::path::{Path, PathBuf};

/// One file of the repository.
pub struct Source {
    /// From the repository's root, with slashes.
    pub path: String,
    /// As it is.
    pub text: String,
    /// Comments and the insides of literals are blanks; lines and columns stay.
    pub code: String,
    /// String literals.
    pub strings: Vec<Literal>,
    /// From this line on it is `#[cfg(test)] mod tests`; `usize::MAX` when it has none.
    pub tests_from: usize,
}

/// A string literal and where it begins.
#[derive(Debug, PartialEq)]
pub struct Literal {
    pub line: usize,
    /// In bytes, from 0.
    pub column: usize,
    pub text: String,
}

impl Source {
    pub fn new(path: String, text: String) -> Self {
        let (code, strings) = blank(&text);
        let tests_from = first_tests_line(&code);
        Self {
            path,
            text,
            code,
            strings,
            tests_from,
        }
    }

    /// Whether the whole file is test code.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("/testing.rs")
            || self.path.contains("/tests/")
            || self.path.ends_with("_tests.rs")
    }

    /// Lines of code, numbered from 1, without the test module at the end.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = if self.is_test() { 0 } else { self.tests_from };
        (1..).zip(self.code.lines()).take_while(move |(n, _)| *n < end)
    }

    /// The line of a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }
}

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below `dir`, in order.
pub fn rust(dir: &str) -> Vec<Source> {
    files(&root().join(dir))
        .into_iter()
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .map(|p| {
            let text = std::fs::read_to_string(&p).expect("Rust files are UTF-8");
            Source::new(relative(&p), text)
        })
        .collect()
}

/// All files below a directory but what git, cargo and editors put there, in order.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let skip = ["target", ".git", "node_modules"];
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(dir)
        .into_iter()
        .filter_entry(move |e| !e.file_name().to_str().is_some_and(|n| skip.contains(&n)))
        .flatten()
        .filter(|e| e.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}

/// From the root, with slashes.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn first_tests_line(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().collect();
    (0..lines.len())
        .find(|i| {
            lines[*i].trim() == "#[cfg(test)]"
                && lines
                    .get(i + 1)
                    .is_some_and(|l| l.trim_start().starts_with("mod "))
        })
        .map_or(usize::MAX, |i| i + 1)
}

/// A lexer of just what can hide code: comments, strings, characters.
fn blank(text: &str) -> (String, Vec<Literal>) {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut strings = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let (len, literal) = token(rest, at > 0 && is_word(bytes[at - 1]));
        let piece = &rest[..len];
        match literal {
            Kind::Code => code.push_str(piece),
            Kind::Hidden => hide(piece, &mut code),
            Kind::Text => {
                strings.push(Literal {
                    line,
                    column: at - text[..at].rfind('\n').map_or(0, |i| i + 1),
                    text: inside(piece).to_owned(),
                });
                hide(piece, &mut code);
            }
        }
        line += piece.matches('\n').count();
        at += len;
    }
    (code, strings)
}

#[derive(Clone, Copy)]
enum Kind {
    Code,
    Hidden,
    Text,
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// The length and kind of what `rest` begins with; `in_word`: the byte before belongs to a word.
fn token(rest: &str, in_word: bool) -> (usize, Kind) {
    let first = rest.chars().next().map_or(1, char::len_utf8);
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Kind::Hidden);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Kind::Hidden);
    }
    if rest.starts_with('"') {
        return (string_end(rest), Kind::Text);
    }
    if !in_word && let Some(len) = raw_string(rest) {
        return (len, Kind::Text);
    }
    if rest.starts_with('\'') {
        return character(rest).map_or((1, Kind::Code), |len| (len, Kind::Hidden));
    }
    (first, Kind::Code)
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn string_end(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |i| start + i + end.len()))
}

/// `'a'`, `'\n'`, `'\u{1f389}'`; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let body = &rest[1..];
    if let Some(escaped) = body.strip_prefix('\\') {
        let skip = escaped.chars().next().map_or(0, char::len_utf8);
        return escaped[skip..].find('\'').map(|i| 1 + 1 + skip + i + 1);
    }
    let c = body.chars().next()?;
    body[c.len_utf8()..]
        .starts_with('\'')
        .then(|| 1 + c.len_utf8() + 1)
}

fn inside(literal: &str) -> &str {
    let start = literal.find('"').map_or(0, |i| i + 1);
    let end = literal.rfind('"').unwrap_or(literal.len()).max(start);
    &literal[start..end]
}

fn hide(piece: &str, code: &mut String) {
    code.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

#[test]
fn the_lexer_hides_what_is_not_code() {
    let text = r##"let a = "x // \" y"; // crate::one
let b = r#"crate::"two""#; /* crate::three /* deep */ */ let c = 'c'; let d: &'static str = b'"'; crate::four
let e = '\''; let f = '\u{1f389}';"##;
    let source = Source::new("src/x.rs".to_owned(), text.to_owned());
    assert_eq!(source.code.matches("crate::").count(), 1, "{}", source.code);
    let strings: Vec<_> = source
        .strings
        .iter()
        .map(|s| (s.line, s.column, s.text.as_str()))
        .collect();
    assert_eq!(strings, [(1, 8, r#"x // \" y"#), (2, 8, r#"crate::"two""#)]);
    assert!(source.code.contains("&'static str"));
    assert_eq!(source.code.lines().count(), 3);
}
