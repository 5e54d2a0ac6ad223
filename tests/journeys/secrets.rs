//! D6: API token, invitation secret and keys stay where they belong.

use std::collections::BTreeSet;
use std::io::Read as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::harness::documents::paragraph;
use crate::harness::jira::attachments;
use crate::harness::node::free_port;
use crate::harness::processes::arguments_and_environment;
use crate::harness::proxy::contains;
use crate::harness::{Company, LONG, turn, wait_for};

const WRONG: &str = "a-wrong-token-that-nobody-may-see-9Kz";

#[tokio::test(flavor = "multi_thread")]
async fn d6_secrets_stay_secret() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    let mut needles = Needles::default();
    needles.add("ACME's token", &acme.jira.token);
    needles.add("Globex's token", &globex.jira.token);
    needles.add("a wrong token", WRONG);
    // Errors, too, must not say what was wrong.
    acme.sign_in(&acme.jira.url, WRONG).await.sentence();

    let port = free_port();
    let address = format!("http://127.0.0.1:{port}");
    let invited = acme.invite(&address, &["--approve", "code-holder"]).await;
    let code = invited.clone().done();
    needles.code(&code);
    needles.keys(&acme);
    let mut acme_runs = acme.run(true, &["--listen", &format!("127.0.0.1:{port}")]);
    acme_runs.listens(port).await;
    let cut = &code[..code.len() - 9];
    globex.accept(cut, &[]).await.sentence();
    globex.accept(&code, &[]).await.done();
    globex.accept(&code, &[]).await.sentence();
    needles.keys(&globex);
    let globex_runs = globex.run(true, &[]);

    // The life of a connection, with everything that writes a file or a log line.
    wait_for("both are connected", LONG, async || {
        (acme.in_step().await && globex.in_step().await).then_some(())
    })
    .await;
    let issue = acme.jira.create("SUP", "Task", "Something to sync", Some(&paragraph("Text."))).await;
    acme.jira.comment(&issue, &paragraph("Comment.")).await;
    acme.jira.attach(&issue, "file.bin", vec![7; 100_000]).await;
    wait_for("it arrives", LONG, async || {
        let twin = globex.jira.find("GX", "Something to sync").await?;
        (attachments(&twin).len() == 1).then_some(())
    })
    .await;
    acme.site.set_faults(&serde_json::json!({"expired_token": "401"})).expect("a fault of the practice site");
    wait_for("ACME's sign-in is refused", LONG, async || {
        (acme.state().await == "needs_attention").then_some(())
    })
    .await;
    acme.site.set_faults(&serde_json::json!({})).expect("no fault");
    for company in [&acme, &globex] {
        needles.keys(company);
        for what in
            [&["status"][..], &["problems"], &["activity"], &["account", "list"], &["connection", "list"]]
        {
            company.node.json(what).await;
        }
    }
    for company in [&acme, &globex] {
        no_words_of_people(&needles, company).await;
    }
    assert!(needles.found.len() >= 8, "tokens, code and keys are looked for: {:?}", needles.names());

    for (company, running) in [(&acme, &acme_runs), (&globex, &globex_runs)] {
        needles.check("arguments and environment", &company.name, &arguments_and_environment(running.pid()));
    }
    for (company, running) in [(&acme, acme_runs), (&globex, globex_runs)] {
        needles.check("output of run", &company.name, running.output().as_bytes());
        running.stop().await;
        let files = company.node.files();
        let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
        assert!(names.iter().any(|n| n.ends_with("twinline.db")), "the search sees the database: {names:?}");
        assert!(names.iter().any(|n| n.contains("logs")), "the search sees the logs: {names:?}");
        for file in files {
            let bytes = std::fs::read(&file).unwrap_or_default();
            if file == company.data().join("secrets.json") {
                assert!(contains(&bytes, company.jira.token.as_bytes()), "the search works");
                only_this_user(&file);
                continue;
            }
            needles.check("file", &file.display().to_string(), &bytes);
        }
        let said = company.node.said.lock().expect("no test panics here").clone();
        for answer in said {
            let shown = answer.stdout == invited.stdout;
            let all =
                format!("{}\n{}\n{}", answer.asked, if shown { "" } else { &answer.stdout }, answer.stderr);
            needles.check("command", &answer.asked, all.as_bytes());
        }
    }
}

/// The diagnostics bundle: neither a secret, nor anything that a person, a tracker or the partner wrote.
async fn no_words_of_people(secrets: &Needles, company: &Company) {
    let file = company.data().with_extension("zip");
    let out = file.display().to_string();
    company.node.ask(&["diagnostics", "--out", &out], "").await.done();
    company.node.ask(&["diagnostics", "--out", &out], "").await.sentence();
    let listed = company.node.json(&["diagnostics", "--list"]).await;
    let listed: Vec<&str> =
        listed["files"].as_array().expect("a list").iter().filter_map(|f| f["name"].as_str()).collect();
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&file).expect("it was written")).expect("a zip");
    let mut all = String::new();
    let mut names = Vec::new();
    for at in 0..zip.len() {
        let mut part = zip.by_index(at).expect("a file");
        names.push(part.name().expect("a name").into_owned());
        part.read_to_string(&mut all).expect("text");
    }
    assert_eq!(names, listed);
    assert!(
        all.contains("node started") && all.contains("\"stage\": \"connected\""),
        "it tells something: {all}"
    );
    secrets.check("diagnostics", &company.name, all.as_bytes());
    let host = |url: &str| url.trim_start_matches("http://").to_owned();
    let words = ["Something to sync", "Text.", "Comment.", "file.bin", "SUP", "Globex", "ACME", "@"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.extend([host(&company.jira.url), company.data().display().to_string()]);
    for word in words {
        assert!(!all.contains(&word), "{}: {word} is in the diagnostics:\n{all}", company.name);
    }
}

fn only_this_user(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{}", file.display());
}

/// What is looked for, with a name that a failing test may print.
#[derive(Default)]
struct Needles {
    found: BTreeSet<(Vec<u8>, String)>,
}

impl Needles {
    fn names(&self) -> Vec<&str> {
        self.found.iter().map(|(_, name)| name.as_str()).collect()
    }

    fn add(&mut self, name: &str, secret: &str) {
        self.bytes(name, secret.as_bytes());
        // A secret that is itself an encoding of bytes is looked for as those bytes, too.
        let decoded = [
            hex::decode(secret).ok(),
            STANDARD.decode(secret).ok(),
            STANDARD_NO_PAD.decode(secret).ok(),
            URL_SAFE_NO_PAD.decode(secret).ok(),
        ];
        for bytes in decoded.into_iter().flatten().filter(|b| b.len() >= 16) {
            self.bytes(&format!("{name}, decoded"), &bytes);
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let forms = [
            bytes.to_vec(),
            hex::encode(bytes).into_bytes(),
            hex::encode_upper(bytes).into_bytes(),
            STANDARD_NO_PAD.encode(bytes).into_bytes(),
            URL_SAFE_NO_PAD.encode(bytes).into_bytes(),
            // As `{:?}` of a byte slice shows it.
            format!("{bytes:?}").trim_matches(['[', ']']).as_bytes().to_vec(),
        ];
        self.found.extend(forms.into_iter().map(|form| (form, name.to_owned())));
    }

    /// The code as it is printed, without its spaces, and any long enough piece of it.
    fn code(&mut self, code: &str) {
        let joined: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let groups: Vec<&str> = code.split_whitespace().collect();
        assert!(groups.len() > 12, "an invitation code has groups: {code}");
        for four in groups[1..].windows(4) {
            self.found.insert((four.join(" ").into_bytes(), "the invitation code".to_owned()));
        }
        let letters: Vec<char> = joined.chars().skip(4).collect();
        for piece in letters.windows(20) {
            let piece: String = piece.iter().collect();
            self.found.insert((piece.clone().into_bytes(), "the invitation code, joined".to_owned()));
            self.found.insert((piece.to_uppercase().into_bytes(), "the invitation code, joined".to_owned()));
        }
    }

    /// Whatever the node keeps in its file of secrets.
    fn keys(&mut self, company: &Company) {
        let text = std::fs::read_to_string(company.data().join("secrets.json")).expect("the file of secrets");
        let all: Value = serde_json::from_str(&text).expect("JSON");
        self.leaves(&company.name, &all);
    }

    fn leaves(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, v)| self.leaves(&format!("{name}/{key}"), v)),
            Value::Array(list) => list.iter().for_each(|v| self.leaves(name, v)),
            Value::String(text) if text.len() >= 12 => match serde_json::from_str::<Value>(text) {
                Ok(inner @ (Value::Object(_) | Value::Array(_))) => self.leaves(name, &inner),
                _ => self.add(name, text),
            },
            _ => {}
        }
    }

    fn check(&self, kind: &str, place: &str, bytes: &[u8]) {
        for (needle, name) in &self.found {
            assert!(!contains(bytes, needle), "{kind} {place} shows {name}");
        }
    }
}
