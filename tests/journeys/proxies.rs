//! A company's proxy on the way out of the private side: it asks for a sign-in, opens TLS, and answers in the partner's place.
//! mitmproxy is all of that; the names of the partner and of Jira are never looked up here, only by it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::client::python_with;
use crate::harness::certificates::Authority;
use crate::harness::node::free_port;
use crate::harness::proxy::contains;
use crate::harness::servers::Server;
use crate::harness::{Company, How, LONG, Two, turn, wait_for};

const MITMPROXY: &str = "mitmproxy==11.0.2";
const PARTNER: &str = "https://twinline.acme.example";
const PASSWORD: &str = "proxy-password-that-nobody-may-see";

/// The proxy of Globex.
struct Between {
    folder: TempDir,
    port: u16,
    /// Where ACME's node listens.
    node: u16,
    _server: Server,
}

impl Between {
    async fn start() -> Self {
        let python =
            python_with("TWINLINE_PROXY_PYTHON", "proxy-venv", &[MITMPROXY], "import mitmproxy").await;
        let program = python.with_file_name("mitmdump");
        let folder = tempfile::Builder::new().prefix("journey-proxy-").tempdir().expect("a folder");
        std::fs::write(folder.path().join("mode"), "pass").expect("the test's folder can be written");
        let (port, node) = (free_port(), free_port());
        let addon = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/proxy_addon.py");
        let text = |path: &Path| path.to_str().expect("a path of text").to_owned();
        let port_text = port.to_string();
        let confdir = format!("confdir={}", text(folder.path()));
        let proxyauth = format!("proxyauth=ana:{PASSWORD}");
        let addon = text(&addon);
        let args = [
            "--listen-host",
            "127.0.0.1",
            "--listen-port",
            &port_text,
            "--set",
            &confdir,
            "--set",
            &proxyauth,
            "--set",
            "connection_strategy=lazy",
            "--set",
            "upstream_cert=false",
            "-s",
            &addon,
        ];
        let more = [
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
            ("PROXY_FOLDER", text(folder.path())),
            ("PROXY_NODE", node.to_string()),
        ];
        let mut server = Server::of(&program, folder.path(), &args, &more);
        server.listens(port).await;
        Self { folder, port, node, _server: server }
    }

    fn mode(&self, mode: &str) {
        std::fs::write(self.folder.path().join("mode"), mode).expect("the test's folder can be written");
    }

    /// How often it answered in the partner's place.
    fn answered(&self, mode: &str) -> usize {
        let text = std::fs::read_to_string(self.folder.path().join("answered")).unwrap_or_default();
        text.lines().filter(|line| *line == mode).count()
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("mitmproxy-ca-cert.pem")
    }

    fn through(&self, company: &Company, password: &str) {
        let proxy = format!("http://ana:{password}@127.0.0.1:{}", self.port);
        company.node.surround("HTTPS_PROXY", proxy);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f33_f36_f37_f40_a_companys_proxy_on_the_way_out() {
    let _turn = turn::together().await;
    let between = Between::start().await;
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));

    // F36: the proxy is signed in to, and opens TLS with a certificate that the computer trusts. Nobody notices.
    between.through(&globex, PASSWORD);
    globex.node.surround("SSL_CERT_FILE", between.authority());
    let how = How { port: Some(between.node), address: Some(PARTNER.to_owned()), ..How::default() };
    let mut two = Two::connect(acme, globex, how).await;
    two.acme.jira.create("SUP", "Task", "Through the proxy", None).await;
    two.wait("it arrives", LONG, async || two.globex.jira.find("GX", "Through the proxy").await).await;
    two.in_step().await;

    // F40: whatever it answers in the partner's place is not the partner's word.
    for mode in ["200", "302", "403", "404", "410", "500"] {
        between.mode(mode);
        two.wait(&format!("the proxy answers {mode}"), LONG, async || {
            (between.answered(mode) > 0).then_some(())
        })
        .await;
        // Asks at once, instead of after a pause that grows.
        between.mode("pass");
        let summary = format!("After {mode}");
        two.acme.jira.create("SUP", "Task", &summary, None).await;
        two.wait("it goes on", LONG, async || two.globex.jira.find("GX", &summary).await).await;
        let state = two.globex.state().await;
        assert!(
            !["disconnected", "declined", "needs_attention"].contains(&state.as_str()),
            "{mode}: {state}"
        );
    }

    // F33: it asks for a sign-in. The sentence says whose matter that is, for the partner and for Jira.
    two.stop_globex().await;
    between.through(&two.globex, "wrong");
    two.start_globex();
    two.acme.jira.create("SUP", "Task", "Behind a wrong password", None).await;
    let problem = two.problem(&two.globex, "proxy-sign-in").await;
    assert_eq!(problem["owner"], "you", "{problem}");
    assert!(
        problem["sentence"].as_str().is_some_and(|s| s.contains("proxy") && s.contains(PARTNER)),
        "{problem}"
    );
    let refused = two.globex.sign_in("https://acme.atlassian.net", "a-token").await;
    let sentence = refused.sentence();
    assert!(sentence.contains("proxy") && sentence.contains("acme.atlassian.net"), "{sentence}");

    // F37: TLS is opened by somebody whom this computer does not trust.
    two.stop_globex().await;
    between.through(&two.globex, PASSWORD);
    let stranger = Authority::new(between.folder.path(), "Somebody else");
    two.globex.node.surround("SSL_CERT_FILE", &stranger.certificate);
    two.start_globex();
    let problem = two.problem(&two.globex, "certificate-untrusted").await;
    assert_eq!(problem["owner"], "network", "{problem}");
    let problems = two.globex.node.json(&["problems"]).await;
    assert_eq!(problems.as_array().map(Vec::len), Some(1), "the sign-in is no matter any more: {problems}");
    let refused = two.globex.sign_in("https://acme.atlassian.net", "a-token").await;
    assert!(refused.sentence().contains("certificate"), "{}", refused.sentence());

    // Put right, it goes on by itself.
    two.stop_globex().await;
    two.globex.node.surround("SSL_CERT_FILE", between.authority());
    two.start_globex();
    two.wait("what waited arrives", LONG, async || {
        two.globex.jira.find("GX", "Behind a wrong password").await
    })
    .await;
    two.in_step().await;
    let problems = two.globex.node.json(&["problems"]).await;
    assert_eq!(problems.as_array().map(Vec::len), Some(0), "{problems}");
    two.stays_silent().await;
    for file in two.globex.node.files() {
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(!contains(&bytes, PASSWORD.as_bytes()), "the proxy's password is in {}", file.display());
    }
}

/// F35: whoever accepts an invitation in a network that wants a sign-in first is told so, and has nothing to do twice.
#[tokio::test(flavor = "multi_thread")]
async fn f35_an_invitation_is_accepted_behind_a_captive_portal() {
    let _turn = turn::together().await;
    let between = Between::start().await;
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
    let code = acme.invite(PARTNER, &["--approve", "code-holder"]).await.done();
    between.through(&globex, PASSWORD);
    globex.node.surround("SSL_CERT_FILE", between.authority());
    between.mode("200");
    let accepted = globex.accept(&code, &[]).await;
    assert!(between.answered("200") > 0, "the portal answered");
    assert!(
        accepted.stderr.contains("Something else than Twinline"),
        "{}{}",
        accepted.stdout,
        accepted.stderr
    );
    between.mode("pass");
    let listen = format!("127.0.0.1:{}", between.node);
    let _runs = [acme.run(true, &["--listen", &listen]), globex.run(true, &[])];
    wait_for("both are connected", LONG, async || {
        (acme.in_step().await && globex.in_step().await).then_some(())
    })
    .await;
}
