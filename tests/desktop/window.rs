//! A window of the app, driven through WebKitWebDriver as a person would use it.

use std::time::{Duration, Instant};

use thirtyfour::Capabilities;
use thirtyfour::prelude::*;

use crate::desktop::{APP, Desktop, LONG, POLL, artifact, free_port};
use crate::x11;

/// The window of one company.
pub struct Window {
    name: String,
    pub(crate) driver: WebDriver,
    display: String,
    left: i16,
}

impl Window {
    /// Starts the app with its own driver, and puts its window at `left`: one that another covers draws nothing.
    pub async fn open(desktop: &mut Desktop, name: &str, left: i16, args: &[&str]) -> Self {
        Self::open_with(desktop, name, left, args, &[]).await
    }

    /// The same, with these variables of the environment.
    pub async fn open_with(
        desktop: &mut Desktop,
        name: &str,
        left: i16,
        args: &[&str],
        surroundings: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let mut driver = desktop.command("WebKitWebDriver");
        driver
            .arg(format!("--port={port}"))
            // Without it the web view cannot be driven, and the request for a session hangs for ever.
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(surroundings.iter().copied());
        desktop.run(driver, "webkit2gtk-driver");
        let start = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(start.elapsed() < LONG, "WebKitWebDriver does not listen");
            tokio::time::sleep(POLL).await;
        }
        let mut wishes = Capabilities::new();
        wishes.set("webkitgtk:browserOptions", serde_json::json!({ "binary": *APP, "args": args })).unwrap();
        let session = WebDriver::new(format!("http://127.0.0.1:{port}"), wishes);
        let driver = tokio::time::timeout(LONG, session).await.expect("a session in time").unwrap();
        driver.set_window_rect(left.into(), 0, x11::WIDTH.into(), x11::HEIGHT.into()).await.unwrap();
        Self { name: name.to_owned(), driver, display: desktop.display().to_owned(), left }
    }

    /// Clicks an element as soon as it can be clicked.
    pub async fn click(&self, testid: &str) {
        self.click_css(&format!("[data-testid='{testid}']")).await;
    }

    /// The same, by selector.
    pub async fn click_css(&self, css: &str) {
        self.until(&format!("click {css}"), LONG, async || {
            let element = self.driver.find(By::Css(css)).await?;
            // WebKit's driver does not scroll a part of the page by itself.
            element.scroll_into_view().await?;
            element.click().await?;
            Ok(Some(()))
        })
        .await;
    }

    /// Asks a command, and returns the code of the trouble that it answers with.
    pub async fn refusal(&self, command: &str, arguments: serde_json::Value) -> String {
        let script = "const [command, args, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, args).then(() => done('done'), (e) => done(e.code ?? String(e)));";
        let answer = self.driver.execute_async(script, vec![command.into(), arguments]).await.unwrap();
        answer.json().as_str().unwrap().to_owned()
    }

    /// What a script of the page answers, as text.
    pub async fn told(&self, script: &str) -> String {
        let answer = self.driver.execute(script, vec![]).await.unwrap();
        answer.json().as_str().unwrap_or_default().to_owned()
    }

    /// Waits until there is no such element.
    pub async fn gone(&self, css: &str) {
        self.until(&format!("see {css} go"), LONG, async || {
            Ok(self.driver.find_all(By::Css(css)).await?.is_empty().then_some(()))
        })
        .await;
    }

    /// Replaces a field's text.
    pub async fn fill(&self, testid: &str, text: &str) {
        self.until(&format!("fill {testid}"), LONG, async || {
            let field = self.driver.find(By::Testid(testid)).await?;
            field.clear().await?;
            if !text.is_empty() {
                field.send_keys(text).await?;
            }
            Ok(Some(()))
        })
        .await;
    }

    /// Waits for an element and returns its text.
    pub async fn text(&self, testid: &str) -> String {
        self.until(&format!("see {testid}"), LONG, async || {
            Ok(self
                .driver
                .find(By::Testid(testid))
                .await?
                .prop("innerText")
                .await?
                .filter(|text| !text.is_empty()))
        })
        .await
    }

    /// The texts of all such elements, those that are folded away too.
    pub async fn text_of_all(&self, css: &str) -> Vec<String> {
        self.sees_all(css, "textContent").await
    }

    async fn sees_all(&self, css: &str, property: &str) -> Vec<String> {
        self.until(&format!("see every {css}"), LONG, async || {
            let mut texts = Vec::new();
            for element in self.driver.find_all(By::Css(css)).await? {
                texts.push(element.prop(property).await?.unwrap_or_default());
            }
            Ok((!texts.is_empty()).then_some(texts))
        })
        .await
    }

    /// Waits for an element by selector, however long it may take.
    pub async fn sees(&self, css: &str, patience: Duration) -> String {
        self.sees_when(css, patience, |_| true).await
    }

    /// Waits until an element's text is accepted.
    pub async fn sees_when(&self, css: &str, patience: Duration, accept: impl Fn(&str) -> bool) -> String {
        self.until(&format!("see {css}"), patience, async || {
            // The driver's own notion of a text leaves out what is cut off with an ellipsis.
            Ok(self.driver.find(By::Css(css)).await?.prop("innerText").await?.filter(|text| accept(text)))
        })
        .await
    }

    /// Waits until the page says something, wherever.
    pub async fn says(&self, text: &str) {
        self.until(&format!("read {text}"), LONG, async || {
            let page = self.driver.find(By::Css("body")).await?.prop("innerText").await?;
            Ok(page.is_some_and(|page| page.contains(text)).then_some(()))
        })
        .await;
    }

    /// Waits for a trouble with this code and returns its words.
    pub async fn trouble(&self, code: &str) -> String {
        self.sees(&format!("[data-testid='trouble'][data-code='{code}']"), LONG).await
    }

    /// Goes to a place by its route.
    pub async fn go(&self, route: &str) {
        let script = format!("location.hash = '{route}'");
        self.driver.execute(&script, vec![]).await.unwrap();
    }

    /// Waits until the window shows a route.
    pub async fn is_at(&self, route: &str) {
        self.until(&format!("be at {route}"), LONG, async || {
            let hash = self.driver.execute("return location.hash", vec![]).await?;
            Ok((hash.json().as_str() == Some(&format!("#{route}"))).then_some(()))
        })
        .await;
    }

    /// Goes on in the window that was made after ours was closed.
    pub async fn follow(&self) {
        self.until("find the new window", LONG, async || {
            let Some(newest) = self.driver.windows().await?.pop() else { return Ok(None) };
            self.driver.switch_to_window(newest).await?;
            self.driver.execute("return location.hash", vec![]).await.map(|_| Some(()))
        })
        .await;
    }

    /// Writes what the window shows as test output.
    pub async fn screenshot(&self, step: &str) {
        let file = artifact(&format!("{step}-{}.png", self.name));
        // Of the screen: the driver's own picture does not come while the page stands still.
        x11::picture(&self.display, self.left, &file).await;
        println!("screenshot: {}", file.display());
    }

    /// Ends the app by closing its session.
    pub async fn quit(self) {
        self.end().await;
    }

    /// The same, where the window is lent.
    pub async fn end(&self) {
        self.driver.clone().quit().await.unwrap();
    }

    /// Tries again until there is an answer; what is not there yet, or has just been drawn anew, is no failure.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        patience: Duration,
        look: impl AsyncFn() -> WebDriverResult<Option<T>>,
    ) -> T {
        let start = Instant::now();
        loop {
            let last = match look().await {
                Ok(Some(found)) => return found,
                Ok(None) => "nothing".to_owned(),
                Err(error) => error.to_string(),
            };
            if start.elapsed() > patience {
                self.screenshot("FAILED").await;
                let body = match self.driver.find(By::Css("body")).await {
                    Ok(body) => body.text().await.unwrap_or_default(),
                    Err(error) => error.to_string(),
                };
                let focus = self.focus().await;
                panic!(
                    "{}: could not {what}: {last}\nThe focus is on {focus}. The window shows:\n{body}",
                    self.name
                );
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
