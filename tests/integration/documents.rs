//! Checks that the documents match the program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{CommandFactory, Parser};
use lkt::cli::Cli;
use lkt::endpoint::{Code, Field};

use crate::options;
use crate::support::lkt;

const README: &str = include_str!("../../README.md");
const ENDPOINT: &str = include_str!("../../docs/endpoint.md");

/// The console blocks of a document.
fn blocks(document: &str) -> impl Iterator<Item = &str> {
    let blocks = document.split("```console\n").skip(1);
    blocks.map(|rest| rest.split("```").next().expect("an end"))
}

/// The commands of a document's console blocks.
fn commands(document: &str) -> Vec<String> {
    let lines = blocks(document).flat_map(str::lines);
    let lines = lines.filter_map(|line| line.strip_prefix("$ "));
    // The program is the same, whether it is run from a clone or installed.
    lines.map(|line| line.replace("cargo run --release --", "lkt")).collect()
}

#[test]
fn every_command_of_the_readme_works() {
    let directory = tempfile::tempdir().expect("a directory");
    let program = Path::new(env!("CARGO_BIN_EXE_lkt")).parent().expect("a folder");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", program.display());
    let jq = Command::new("jq").arg("--version").output().is_ok();
    let mut run = 0;
    for line in commands(README) {
        let starts = |start: &str| line.starts_with(start);
        // tests/interop covers a running server, and a LiveKit server to ask.
        if starts("cargo ") || starts("curl ") || starts("lkt serve") || starts("lkt check") {
            continue;
        }
        // Without jq, at least the command before the pipe must work.
        let script =
            if jq { line.as_str() } else { line.split(" | jq").next().expect("a command") };
        let mut command = Command::new("sh");
        let command = command.args(["-c", script]).current_dir(&directory).env_clear();
        let output = command.env("PATH", &path).output().expect("runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{line}\n{said}");
        run += 1;
    }
    assert!(run >= 15, "{run}");
}

/// Splits a command line as a shell does, up to a pipe, a redirection or the end of the command.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '<' | '&' | ';' | ')') => break,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_command_line_of_the_documents_is_understood() {
    const COMMANDS: [&str; 7] =
        ["mint", "serve", "inspect", "check", "health", "completions", "invite"];
    let mut found = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("text").replace("\\\n", "");
        let blocks = text.split("\n```").skip(1).step_by(2);
        let blocks =
            blocks.filter(|block| block.starts_with("console") || block.starts_with("sh\n"));
        for line in blocks.flat_map(str::lines) {
            let line = line.replace("cargo run --release --", "lkt");
            let starts = COMMANDS.map(|command| line.find(&format!("lkt {command}")));
            for start in starts.into_iter().flatten() {
                if let Err(error) = Cli::try_parse_from(words(&line[start..])) {
                    panic!("{}: {line}\n{error}", path.display());
                }
                found += 1;
            }
        }
    }
    assert!(found >= 45, "{found}");
}

#[test]
fn the_readme_shows_what_inspect_prints() {
    let block = blocks(README).find(|block| block.contains("lkt inspect --verify"));
    let shown = block.expect("the recipe").lines().filter(|line| !line.starts_with("$ "));
    let token = lkt("mint --dev --room demo").succeeds();
    let printed = lkt("inspect --verify --dev").stdin(&token).succeeds();
    let mut printed = printed.lines();
    // The time differs, and some claims are left out.
    for line in shown.filter(|line| !line.contains("  exp  ") && line.trim() != "…") {
        assert!(printed.any(|printed| printed == line), "{line}");
    }
}

#[test]
fn the_picture_of_the_terminal_shows_what_serve_prints() {
    let shown = include_str!("../../docs/images/terminal.svg").replace("&amp;", "&");
    let shown = shown.lines().filter_map(|line| line.split_once('>')?.1.strip_suffix("</text>"));
    let said = lkt("serve --dev --fresh --check --no-env-file").succeeds();
    let cut = |line: &str| line.strip_suffix('…').unwrap_or(line).to_owned();
    let facts = shown.filter(|line| line.starts_with("  ") && !line.contains("also at"));
    let facts = facts.map(cut).collect::<Vec<_>>();
    assert!(facts.len() >= 7, "{facts:?}");
    for fact in facts {
        let is_said = said.lines().any(|line| line.starts_with(&fact));
        assert!(is_said, "run docs/images/terminal.py: {fact}\n{said}");
    }
}

#[test]
fn the_settings_of_the_way_to_production_are_the_file_that_it_installs() {
    let page = include_str!("../../docs/production.md");
    let block = page.split("```").find(|block| block.contains("# /etc/lkt/lkt.toml"));
    let settings = |text: &str| {
        let lines = text.lines().filter(|line| line.contains(" = ") && !line.starts_with('#'));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let file = settings(include_str!("../../deploy/lkt.toml"));
    assert_eq!(settings(block.expect("the settings")), file);
    assert!(file.len() >= 6, "{file:?}");
}

#[test]
fn every_command_and_option_is_in_the_options() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/options.md");
    let printed = options::markdown();
    if std::env::var_os("LKT_WRITE_DOCS").is_some() {
        std::fs::write(&path, &printed).expect("docs/options.md");
    }
    let kept = std::fs::read_to_string(&path).expect("docs/options.md");
    assert!(kept == printed, "run LKT_WRITE_DOCS=1 cargo test --test integration options");
}

#[test]
fn every_field_and_code_is_in_the_description_of_the_endpoint() {
    for code in Code::ALL {
        assert!(ENDPOINT.contains(&format!("`{code}`")), "{code}");
    }
    for field in Field::names().filter(|field| !field.contains('.')) {
        assert!(ENDPOINT.contains(&format!("`{field}`")), "{field}");
    }
}

/// All documents for users.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).expect("docs");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let others =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md"];
    let others = others.into_iter().chain(["benches/README.md", "packaging/npm/README.md"]);
    let documents = docs.chain(others.map(|file| root.join(file)));
    documents.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let mut links = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("text");
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let folder = path.parent().expect("a folder");
            let file = if file.is_empty() { path.clone() } else { folder.join(file) };
            assert!(file.exists(), "{}: {target}", path.display());
            if !fragment.is_empty() {
                let linked = std::fs::read_to_string(&file).expect("text");
                let mut headings = linked.lines().filter(|line| line.starts_with('#'));
                let found =
                    headings.any(|line| anchor(line.trim_start_matches('#').trim()) == fragment);
                assert!(found, "{}: {target}", path.display());
            }
            links += 1;
        }
    }
    assert!(links > 30, "{links}");
}

#[test]
fn completions_are_those_that_the_program_prints() {
    for (shell, file) in [
        ("bash", "lkt.bash"),
        ("zsh", "_lkt"),
        ("fish", "lkt.fish"),
        ("powershell", "_lkt.ps1"),
        ("elvish", "lkt.elv"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        let kept = std::fs::read_to_string(&path).expect(file);
        let printed = lkt(&format!("completions {shell}")).succeeds();
        assert!(kept == printed, "run completions/generate: {file} is not what lkt prints");
    }
}

#[test]
fn the_manual_page_has_every_command_and_refers_to_no_other_page() {
    let page = lkt("man").succeeds();
    assert_eq!(page.matches(".TH ").count(), 1);
    assert!(!page.contains("(1)"), "{page}");
    for section in ["COMMANDS", "\"LKT MINT\"", "\"LKT SERVE\"", "\"LKT MAN\""] {
        assert!(page.contains(&format!("\n.SH {section}\n")), "{section}");
    }
}

#[test]
fn the_example_env_file_names_exactly_the_variables_that_are_read() {
    let example = include_str!("../../development.env.example").lines();
    let named = example.filter_map(|line| line.trim_start_matches('#').strip_prefix("export "));
    let named = named.map(|line| line.split('=').next().expect("a name").to_owned());
    let help = ["mint", "serve", "inspect", "invite"]
        .map(|command| lkt(&format!("{command} --help")).succeeds());
    let help = help.concat().split_whitespace().collect::<Vec<_>>().join(" ");
    let read = help.split("[env: ").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        rest[..end.expect("an end")].to_owned()
    });
    assert_eq!(named.collect::<BTreeSet<_>>(), read.collect::<BTreeSet<_>>());
}

#[test]
fn the_changelog_has_this_version() {
    let changelog = include_str!("../../CHANGELOG.md");
    assert!(changelog.contains(&format!("\n## {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}
