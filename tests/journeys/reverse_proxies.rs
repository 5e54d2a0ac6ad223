//! Real reverse proxies in front of the public side, with the very files that `docs/reverse-proxy.md` shows: only the name, the
//! ports and the paths are others.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::harness::certificates::{Authority, Certificate};
use crate::harness::documents::paragraph;
use crate::harness::jira::{attachments, key, sha256};
use crate::harness::node::free_port;
use crate::harness::random::Random;
use crate::harness::servers::Server;
use crate::harness::{Company, How, LONG, Two, turn};

/// What stands in front of ACME.
struct Front {
    folder: TempDir,
    authority: Authority,
    certificate: Certificate,
    /// Where it listens.
    port: u16,
    /// Where ACME's node does.
    node: u16,
}

impl Front {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("journey-front-").tempdir().expect("a folder");
        let authority = Authority::new(folder.path(), "An authority of ACME");
        let certificate = authority.signs(&["127.0.0.1"]);
        Self { authority, certificate, port: free_port(), node: free_port(), folder }
    }

    fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Two companies that meet at it; Globex's computer trusts ACME's authority, as its system would.
    async fn connect(&self) -> Two {
        let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
        globex.node.surround("SSL_CERT_FILE", &self.authority.certificate);
        let how = How { port: Some(self.node), address: Some(self.address()), ..How::default() };
        Two::connect(acme, globex, how).await
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).expect("the test's folder can be written");
        file
    }

    /// A file of the documentation as it is, but for the name, the ports and the paths.
    fn documented(&self, name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reverse-proxy").join(name);
        let mut text = std::fs::read_to_string(path).expect("the documentation is there");
        let site = match name {
            "Caddyfile" => self.address(),
            _ => "127.0.0.1".to_owned(),
        };
        for (there, here) in [
            ("/etc/ssl/twinline/sync.acme.example.pem", self.certificate.chain.display().to_string()),
            ("/etc/ssl/twinline/sync.acme.example.key", self.certificate.key.display().to_string()),
            ("sync.acme.example", site),
            ("127.0.0.1:7700", format!("127.0.0.1:{}", self.node)),
            ("listen 443 ", format!("listen 127.0.0.1:{} ", self.port)),
        ] {
            let optional = there.starts_with("listen") && name == "Caddyfile";
            assert!(optional || text.contains(there), "{name} says {there}");
            text = text.replace(there, &here);
        }
        text
    }

    /// nginx, with what Debian's nginx.conf says around the file.
    async fn nginx(&self, site: &str) -> Server {
        self.nginx_site(site);
        let folder = self.folder.path().display().to_string();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|what| format!("    {what}_temp_path {folder}/{what};\n"))
            .collect();
        let main = format!(
            "daemon off;\nuser root;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n\
             events {{ }}\nhttp {{\n    log_format brief '$status $request_uri';\n    \
             access_log {folder}/access.log brief;\n{temporary}    include {folder}/site.conf;\n}}\n"
        );
        let main = self.write("main.conf", &main);
        let log = format!("{folder}/error.log");
        let args = ["-c", main.to_str().expect("a path of text"), "-e", &log, "-p", &folder];
        let mut nginx = Server::start("nginx", self.folder.path(), &args);
        nginx.listens(self.port).await;
        nginx
    }

    fn nginx_site(&self, site: &str) {
        self.write("site.conf", site);
    }

    /// What nginx answered to exchanges so far: a status each.
    fn statuses(&self) -> Vec<u16> {
        let log = std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        let exchanges = log.lines().filter(|line| line.contains("/exchange"));
        exchanges.filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
    }
}

/// An issue with a file crosses each way, whole and once.
async fn files_cross(two: &Two, megabytes: usize) {
    for (from, to) in [(&two.globex, &two.acme), (&two.acme, &two.globex)] {
        let summary = format!("Through the front from {}", from.name);
        let bytes = Random::fixed(megabytes as u64).bytes(megabytes << 20);
        let sum = sha256(&bytes);
        let issue =
            from.jira.create(&from.project, "Task", &summary, Some(&paragraph("In both directions."))).await;
        from.jira.attach(&issue, "large.bin", bytes).await;
        let files = two
            .wait("the file crosses", LONG, async || {
                let twin = to.jira.find(&to.project, &summary).await?;
                Some(attachments(&twin)).filter(|files| !files.is_empty())
            })
            .await;
        assert_eq!(files.len(), 1);
        assert_eq!(to.jira.sha256(&files[0].1).await, sum);
        let comment = paragraph("And a comment.");
        from.jira.comment(&issue, &comment).await;
        two.wait("the comment crosses", LONG, async || {
            let twin = to.jira.find(&to.project, &summary).await?;
            (to.jira.comments(&key(&twin)).await.len() == 1).then_some(())
        })
        .await;
    }
    two.in_step().await;
    two.stays_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_through_nginx_that_ends_tls() {
    let _turn = turn::together().await;
    let front = Front::new();
    let _nginx = front.nginx(&front.documented("nginx.conf")).await;
    let two = front.connect().await;
    files_cross(&two, 5).await;
    let statuses = front.statuses();
    // 499: the caller gave a wait up, for news of its own.
    assert!(statuses.len() > 5 && statuses.iter().all(|s| matches!(s, 200 | 499)), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn d3_through_caddy_that_ends_tls() {
    let _turn = turn::together().await;
    let front = Front::new();
    // Nothing but the site's own port: no administration, no redirects from port 80.
    let main =
        format!("{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{}", front.documented("Caddyfile"));
    let file = front.write("Main", &main);
    let args = ["run", "--adapter", "caddyfile", "--config", file.to_str().expect("a path of text")];
    let mut caddy = Server::start("caddy", front.folder.path(), &args);
    caddy.listens(front.port).await;
    let two = front.connect().await;
    files_cross(&two, 5).await;
}

/// nginx as it comes, and stricter: it takes 1 MiB, and cuts a silence off after two seconds.
#[tokio::test(flavor = "multi_thread")]
async fn f41_a_reverse_proxy_that_cuts_waits_and_refuses_large_bodies() {
    let _turn = turn::together().await;
    let front = Front::new();
    let documented = front.documented("nginx.conf");
    let strict = |limit: &str| {
        let (size, silence) = ("client_max_body_size 13m;", "proxy_read_timeout 60s;");
        assert!(documented.contains(size) && documented.contains(silence));
        documented.replace(size, limit).replace(silence, "proxy_read_timeout 2s;")
    };
    let nginx = front.nginx(&strict("client_max_body_size 16k;")).await;
    let two = front.connect().await;

    // Too little for anybody: it is named, with whose turn it is.
    let issue = two.globex.jira.create("GX", "Task", "Larger than the door", None).await;
    let bytes = Random::fixed(3).bytes(3 << 20);
    let sum = sha256(&bytes);
    two.globex.jira.attach(&issue, "large.bin", bytes).await;
    let problem = two.problem(&two.globex, "proxy-limit").await;
    assert_eq!(problem["owner"], "partner", "{problem}");
    let sentence = problem["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains(&front.address()), "{sentence}");
    assert!(
        two.acme
            .jira
            .find("SUP", "Larger than the door")
            .await
            .is_none_or(|twin| attachments(&twin).is_empty())
    );

    // As nginx comes: in small pieces everything passes.
    front.nginx_site(&strict(""));
    nginx.reload().await;
    let files = two
        .wait("the file crosses", LONG, async || {
            let twin = two.acme.jira.find("SUP", "Larger than the door").await?;
            Some(attachments(&twin)).filter(|files| !files.is_empty())
        })
        .await;
    assert_eq!(files.len(), 1);
    assert_eq!(two.acme.jira.sha256(&files[0].1).await, sum);
    two.in_step().await;
    let problems = two.globex.node.json(&["problems"]).await;
    assert_eq!(problems.as_array().map(Vec::len), Some(0), "{problems}");

    // Waits that were cut off became shorter ones that are not.
    let cut = || front.statuses().iter().filter(|status| **status == 504).count();
    two.wait("a wait is cut off", LONG, async || (cut() > 0).then_some(())).await;
    let (before, seen) = (cut(), front.statuses().len());
    two.wait("six more exchanges", LONG, async || (front.statuses().len() >= seen + 6).then_some(())).await;
    assert_eq!(cut(), before, "{:?}", front.statuses());
    two.stays_silent().await;
}

/// Without the authority in the system's list nothing is sent, and that is said; with it everything goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn f37_a_certificate_that_nobody_signed_is_refused_and_named() {
    let _turn = turn::together().await;
    let front = Front::new();
    let nginx = front.nginx(&front.documented("nginx.conf")).await;
    let mut two = front.connect().await;
    two.stop_globex().await;

    let stranger = Authority::new(front.folder.path(), "Somebody else");
    two.globex.node.surround("SSL_CERT_FILE", &stranger.certificate);
    let passed = front.statuses().len();
    two.start_globex();
    two.globex.jira.create("GX", "Task", "Not to strangers", None).await;
    let problem = two.problem(&two.globex, "certificate-untrusted").await;
    assert_eq!(problem["owner"], "network", "{problem}");
    assert!(problem["sentence"].as_str().is_some_and(|s| s.contains(&front.address())), "{problem}");
    assert_eq!(front.statuses().len(), passed, "nothing was sent");
    assert_eq!(two.globex.state().await, "needs_attention");

    two.stop_globex().await;
    two.globex.node.surround("SSL_CERT_FILE", &front.authority.certificate);
    two.start_globex();
    two.wait("what waited arrives", LONG, async || two.acme.jira.find("SUP", "Not to strangers").await).await;
    two.in_step().await;
    let problems = two.globex.node.json(&["problems"]).await;
    assert_eq!(problems.as_array().map(Vec::len), Some(0), "{problems}");
    drop(nginx);
}
