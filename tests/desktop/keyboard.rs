//! A window with the hands on the keyboard: keys alone go in, and each step says what has the focus.
//!
//! A step fails that begins while nothing has the focus: when a page, a dialog, a row or a button is gone, something else
//! has to have it. So does one that ends on what cannot be seen, or with a text in another field than the one meant.

use thirtyfour::prelude::*;

use crate::desktop::LONG;
use crate::window::Window;

/// So many keys are enough to walk around the fullest page.
const AROUND: usize = 60;

/// Names what has the focus, by its test id or else its words.
const FOCUS: &str = "const at = document.activeElement;
    if (!at || at === document.body) return 'nothing';
    const words = at.getAttribute('aria-label') ?? at.innerText ?? '';
    return at.dataset.testid ?? `${at.localName} “${words.trim().slice(0, 80)}”`;";

/// Where it has the focus, but nobody sees it: out of sight, or with something lying over it.
const HIDDEN: &str = "const at = document.activeElement, box = at.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return top && (at.contains(top) || top.contains(at)) ? '' : `covered by ${top?.outerHTML.slice(0, 200)}`;";

impl Window {
    /// Presses a key, or types a text into what has the focus.
    pub async fn press(&self, key: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(key).perform().await.unwrap();
    }

    /// Presses a key while others are held.
    pub async fn chord(&self, held: &[Key], key: impl Into<char>) {
        let key = key.into();
        let chain = self.driver.action_chain();
        let chain = held.iter().fold(chain, |chain, key| chain.key_down(key.clone()));
        let chain = chain.key_down(key).key_up(key);
        let chain = held.iter().rev().fold(chain, |chain, key| chain.key_up(key.clone()));
        chain.perform().await.unwrap();
    }

    /// What has the focus: its test id, else its words.
    pub async fn focus(&self) -> String {
        self.told(FOCUS).await
    }

    /// Waits until something has the focus.
    async fn kept_focus(&self) -> String {
        self.until("find what has the focus", LONG, async || {
            let focus = self.focus().await;
            Ok((focus != "nothing").then_some(focus))
        })
        .await
    }

    /// Waits until what has the focus is named so.
    pub async fn focus_is(&self, name: &str) {
        self.until(&format!("have the focus on {name}"), LONG, async || {
            Ok((self.focus().await == name).then_some(()))
        })
        .await;
    }

    /// Waits for a page: its heading says this and has the focus.
    pub async fn arrives(&self, heading: &str) {
        self.focus_is(&format!("h1 “{heading}”")).await;
    }

    /// Presses Tab until an element has the focus.
    pub async fn tab_to(&self, testid: &str) {
        self.walk_to(testid, "Tab", Key::Tab).await;
    }

    async fn walk_to(&self, testid: &str, name: &str, key: Key) {
        self.sees(&format!("[data-testid='{testid}']"), LONG).await;
        let mut passed = vec![self.kept_focus().await];
        while passed.last().is_none_or(|at| at != testid) {
            if passed.len() > AROUND {
                self.screenshot("FAILED").await;
                panic!("{name} does not reach {testid}. It passed {passed:?}");
            }
            self.press(key.clone()).await;
            passed.push(self.focus().await);
        }
        let hidden = self.told(HIDDEN).await;
        assert!(hidden.is_empty(), "{testid} has the focus and is {hidden}");
    }

    /// Goes to a button or link, and presses Enter.
    pub async fn enter(&self, testid: &str) {
        self.tab_to(testid).await;
        self.press(Key::Enter).await;
    }

    /// Goes to a field, and types over what stands there.
    pub async fn type_in(&self, testid: &str, text: &str) {
        self.tab_to(testid).await;
        self.chord(&[Key::Control], 'a').await;
        self.press(text).await;
        self.holds(text).await;
    }

    /// Waits until the field that has the focus holds a text.
    pub async fn holds(&self, text: &str) {
        self.until("have the text in the field", LONG, async || {
            Ok((self.told("return document.activeElement.value").await == text).then_some(()))
        })
        .await;
    }

    /// Goes to a group of radio buttons, and with the arrows to the one that is meant.
    pub async fn pick(&self, first: &str, testid: &str) {
        self.tab_to(first).await;
        self.walk_to(testid, "the arrow", Key::Down).await;
        let chosen = "return String(document.activeElement.checked)";
        if self.told(chosen).await == "false" {
            self.press(" ").await;
        }
        assert_eq!(self.told(chosen).await, "true", "{testid} is chosen");
    }

    /// Opens a menu, goes to one of its entries with the arrows, and takes it.
    pub async fn choose(&self, menu: &str, entry: &str) {
        self.enter(menu).await;
        self.sees("[role='menu']", LONG).await;
        self.walk_to(entry, "the arrow", Key::Down).await;
        self.press(Key::Enter).await;
        self.gone("[role='menu']").await;
    }
}
