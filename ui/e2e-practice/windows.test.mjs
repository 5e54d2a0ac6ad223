// Two people in two windows: everything one does arrives with the other, and nobody loses what they are writing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PNG, plain } from "./documents.mjs";
import { look } from "./looks.mjs";
import { browse, start } from "./site.mjs";

let site, browser;
before(async () => {
  [site, browser] = await Promise.all([start("acme"), browse()]);
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

const button = (page, name) => page.getByRole("button", { name, exact: true });
const region = (page, name) => page.getByRole("region", { name, exact: true });
const see = (scope, words) => scope.getByText(words, { exact: true }).first().waitFor();
/** Until what is chosen in a list is this. */
const chosen = (page, label, wanted) =>
  page.waitForFunction(
    ([name, value]) =>
      document.querySelector(`select[aria-label="${name}"]`).selectedOptions[0].label === value,
    [label, wanted],
  );

async function as(window, name) {
  await window.page.getByLabel("You are").selectOption({ label: name });
}

async function drop(page, files) {
  const data = await page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const [name, type, words] of list) transfer.items.add(new File([words], name, { type }));
    return transfer;
  }, files);
  for (const kind of ["dragenter", "dragover", "drop"])
    await page.dispatchEvent("main", kind, { dataTransfer: data });
}

test("all that one window does arrives in the other, without a reload", async () => {
  const [one, two] = await Promise.all([browser.window(site), browser.window(site)]);
  const [a, b] = [one.page, two.page];
  await button(a, "Create the first").waitFor();
  await as(one, "Ana Ruiz");
  await as(two, "Ben Okoro");
  await b.evaluate(() => (window.sameWindow = true));

  // Ana creates an issue.
  await button(a, "Create issue").click();
  const form = a.getByRole("dialog");
  await form.getByLabel("Project").selectOption({ label: "Support (SUP)" });
  await form.getByLabel("Type").selectOption({ label: "Bug" });
  await form.getByLabel("Summary").fill("The basket is empty");
  await form
    .getByRole("textbox", { name: "Description" })
    .fill("# Steps\n\n1. Sign in\n2. Look at the **basket**");
  await look(a, "two-create");
  await form.getByRole("button", { name: "Create", exact: true }).click();
  await a.getByRole("heading", { name: "The basket is empty" }).waitFor();

  // Ben sees it come, opens it, and comments.
  await b.getByRole("link", { name: /SUP-1 Bug To Do The basket is empty/ }).click();
  await b.getByRole("heading", { name: "Steps" }).waitFor();
  assert.equal(await b.locator(".adf ol li").count(), 2);
  await b.getByRole("textbox", { name: "New comment" }).fill("I see it too, in `Firefox`.");
  await button(b, "Comment").click();
  const comments = region(a, "Comments");
  await see(comments, "Firefox");
  await see(comments, "Ben Okoro");
  await see(a.getByRole("list", { name: "Comments" }), "Ben Okoro");

  // Notes that must not leave the company are marked.
  await b.getByRole("textbox", { name: "New comment" }).fill("Ask the customer's bank first.");
  await b.getByLabel("Who may read the new comment").selectOption({ label: "Internal note" });
  await button(b, "Comment").click();
  await see(a.getByRole("listitem").filter({ hasText: "Ask the customer" }), "Internal note");
  await b.getByRole("textbox", { name: "New comment" }).fill("Budget code 4711.");
  await b.getByLabel("Who may read the new comment").selectOption({ label: "Administrators only" });
  await button(b, "Comment").click();
  await see(comments, "Only for Administrators");
  const stored = (await site.api("GET", "/issue/SUP-1/comment?expand=properties")).comments;
  assert.deepEqual(
    stored.map((c) => [c.jsdPublic, c.visibility?.value]),
    [
      [true, undefined],
      [false, undefined],
      [true, "Administrators"],
    ],
  );

  // Ana edits what there is to edit.
  await button(a, "Edit the summary").click();
  await a.getByRole("textbox", { name: "Summary" }).fill("The basket is empty after signing in");
  await a.keyboard.press("Enter");
  await b.getByRole("heading", { name: "The basket is empty after signing in" }).waitFor();
  await button(a, "Edit the description").click();
  assert.equal(
    await a.getByRole("textbox", { name: "Description" }).inputValue(),
    "# Steps\n\n1. Sign in\n2. Look at the **basket**",
  );
  await a.getByRole("textbox", { name: "Description" }).fill("Only with _guests_.");
  await a.keyboard.press("Control+Enter");
  await see(region(b, "Description"), "guests");
  await a.getByLabel("Status", { exact: true }).selectOption({ label: "In Progress" });
  await chosen(b, "Status", "In Progress");
  await see(b.getByRole("link", { name: /SUP-1/ }), "In Progress");
  await a.getByLabel("Type", { exact: true }).selectOption({ label: "Improvement" });
  await chosen(b, "Type", "Improvement");

  // Files: several at once, chosen and dropped.
  await a.getByLabel("Files to attach").setInputFiles([
    { name: "basket.png", mimeType: "image/png", buffer: PNG },
    { name: "log.txt", mimeType: "text/plain", buffer: Buffer.from("x".repeat(2048)) },
  ]);
  await see(region(b, "Attachments"), "basket.png");
  await see(region(b, "Attachments"), "log.txt");
  assert.match(
    await region(b, "Attachments").getByRole("listitem").filter({ hasText: "log.txt" }).innerText(),
    /2\.0 KB/,
  );
  await b.waitForFunction(() => document.querySelector(".file img")?.naturalWidth === 10);
  await drop(b, [
    ["dropped.csv", "text/csv", "a,b"],
    ["second.csv", "text/csv", "c"],
  ]);
  await see(region(a, "Attachments"), "dropped.csv");
  await see(region(a, "Attachments"), "second.csv");
  await look(a, "two-issue");
  await button(a, "Delete log.txt").click();
  await look(a, "two-ask");
  await button(a, "Delete file").click();
  await region(b, "Attachments").getByText("log.txt").waitFor({ state: "detached" });

  // A comment is edited and another deleted.
  await button(b, "Edit the comment by Ben Okoro").first().waitFor();
  await b.getByRole("button", { name: "Edit the comment by Ben Okoro" }).first().click();
  await b.getByRole("textbox", { name: "Comment", exact: true }).fill("I see it in Chrome as well.");
  await b.keyboard.press("Control+Enter");
  await see(comments, "I see it in Chrome as well.");
  assert.equal(await comments.getByText(/^edited/).count(), 1);
  await b.getByRole("button", { name: "Delete the comment by Ben Okoro" }).last().click();
  await button(b, "Delete comment").click();
  await comments.getByText("Budget code 4711.").waitFor({ state: "detached" });

  // The history tells it all.
  await a.getByRole("heading", { name: /History/ }).click();
  const told = await region(a, "History").innerText();
  for (const words of [
    "Ana Ruiz changed summary",
    "changed description",
    "To Do → In Progress",
    "changed type",
    "changed attachments",
  ]) {
    assert.ok(told.includes(words), `${words}: ${told}`);
  }

  // And the issue goes.
  await button(a, "Delete issue").click();
  await a.getByRole("dialog").getByRole("button", { name: "Delete issue" }).click();
  await b.getByRole("heading", { name: "SUP-1 is not here" }).waitFor();
  await b.getByText("No issues yet.").waitFor();
  assert.ok(await b.evaluate(() => window.sameWindow), "it was never loaded again");
  // The browser notes every refusal; that a deleted issue is asked for once is one.
  assert.deepEqual(
    [...one.errors, ...two.errors].filter((e) => !e.includes("404")),
    [],
  );
  await Promise.all([one.close(), two.close()]);
});

test("who is writing keeps every word, and is told what changed elsewhere", async () => {
  const { key } = await site.api("POST", "/issue", {
    fields: {
      project: { key: "SUP" },
      issuetype: { name: "Task" },
      summary: "Shared",
      description: plain("First words"),
    },
  });
  const mine = await browser.window(site, { at: `/browse/${key}` });
  const { page } = mine;
  const description = () => page.getByRole("textbox", { name: "Description" });
  await button(page, "Edit the description").click();
  await description().fill("My long story");
  await page.getByRole("textbox", { name: "New comment" }).fill("A thought, half fin");

  await site.api("PUT", `/issue/${key}`, { fields: { summary: "Shared by both" } });
  await page.getByRole("heading", { name: "Shared by both" }).waitFor();
  assert.equal(await page.locator(".notice:visible").count(), 0, "another field is no conflict");
  await site.api("PUT", `/issue/${key}`, { fields: { description: plain("Their words") } });
  await page.getByText("Ana Ruiz changed this description while you were writing.").waitFor();
  assert.equal(await description().inputValue(), "My long story");
  assert.equal(await page.getByRole("textbox", { name: "New comment" }).inputValue(), "A thought, half fin");
  await page.getByText("Show the new one").click();
  await see(page.locator(".notice"), "Their words");
  await look(page, "two-conflict");

  // Even a reload, or a look at another issue, takes nothing away.
  await page.reload();
  await page.getByText("changed this description while you were writing.").waitFor();
  assert.equal(await description().inputValue(), "My long story");
  await page.evaluate(() => (location.hash = "#/issue/SUP-999"));
  await page.getByRole("heading", { name: "SUP-999 is not here" }).waitFor();
  await page.goBack();
  assert.equal(await description().inputValue(), "My long story");
  assert.equal(await page.getByRole("textbox", { name: "New comment" }).inputValue(), "A thought, half fin");

  await button(page, "Save mine").click();
  await see(region(page, "Description"), "My long story");
  assert.equal(await page.locator(".notice:visible").count(), 0);

  // A comment that is edited while it is deleted, and an issue.
  const comment = await site.api("POST", `/issue/${key}/comment`, { body: plain("To be edited") });
  await page.getByRole("button", { name: "Edit the comment by Ana Ruiz" }).click();
  await page.getByRole("textbox", { name: "Comment", exact: true }).fill("Edited, not saved");
  await site.api("DELETE", `/issue/${key}/comment/${comment.id}`);
  await page.getByText("This comment was deleted elsewhere.").waitFor();
  assert.equal(
    await page.getByRole("textbox", { name: "Comment", exact: true }).inputValue(),
    "Edited, not saved",
  );
  await site.api("DELETE", `/issue/${key}`);
  await page.getByText(`${key} was deleted elsewhere.`).waitFor();
  assert.equal(
    await page.getByRole("textbox", { name: "Comment", exact: true }).inputValue(),
    "Edited, not saved",
  );
  assert.deepEqual(
    mine.errors.filter((e) => !e.includes("404")),
    [],
  );
  await mine.close();
});

test("nothing is asked while nothing changes", async () => {
  const quiet = await browser.window(site, { clock: true });
  await quiet.page.getByText("No issues yet.").waitFor();
  await site.api("GET", "/myself");
  const before = quiet.asked.length;
  await quiet.page.clock.runFor(600_000);
  assert.deepEqual(quiet.asked.slice(before), []);
  await quiet.close();
});

test("two sites are told apart and know nothing of each other", async (t) => {
  const other = await start("globex", 2);
  t.after(other.stop);
  const [here, there] = await Promise.all([browser.window(site), browser.window(other)]);
  await there.page.getByText("2 issues").waitFor();
  await here.page.getByText("No issues yet.").waitFor();
  const bars = await Promise.all(
    [here, there].map(({ page }) =>
      page.locator(".top").evaluate((e) => getComputedStyle(e).backgroundColor),
    ),
  );
  assert.notEqual(...bars);
  await look(there.page, "two-globex-list");
  await there.close();
  assert.deepEqual(here.errors, []);
  await here.close();
});

test("a site that goes is said, and found again by itself", async () => {
  const window = await browser.window(site);
  await window.page.getByText("No issues yet.").waitFor();
  await window.page.context().setOffline(true);
  await window.page.getByRole("button", { name: "All" }).click();
  await window.page.getByText(/The practice site does not answer/).waitFor();
  await look(window.page, "two-no-answer");
  await window.page.context().setOffline(false);
  await window.page.getByRole("button", { name: "All" }).click();
  await window.page.getByText(/The practice site does not answer/).waitFor({ state: "hidden" });
  await window.close();
});
