// The practice page in every state, light and dark: a picture each (test-output/practice/ at the root of the project),
// axe without a violation, nothing wider than the window. And what is hostile stays text.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { doc, marked, marks, paragraph, plain, PNG, samples, text, withFiles } from "./documents.mjs";
import { PICTURES, STAMP, stamp } from "./pictures.mjs";
import { look } from "./looks.mjs";
import { browse, start } from "./site.mjs";

let site, empty, browser, everything, long, notes;
const issue = (summary, description, type = "Task") =>
  site
    .api("POST", "/issue", {
      fields: { project: { key: "SUP" }, issuetype: { name: type }, summary, description },
    })
    .then((made) => made.key);

before(async () => {
  [site, empty, browser] = await Promise.all([start("acme", 14), start("initech"), browse()]);
  everything = await issue("Every node and mark", plain("soon"), "Bug");
  const ids = {};
  for (const [name, type] of [
    ["screenshot.png", "image/png"],
    ["log.txt", "text/plain"],
    ["dump.zip", "application/zip"],
    ["report.pdf", "application/pdf"],
  ]) {
    await site.attach(everything, name, PNG, type);
  }
  const state = await site.ask("GET", "/practice/state");
  for (const file of state.issues.find((i) => i.key === everything).attachments)
    ids[file.filename] = file.mediaId;
  const nodes = Object.entries(samples).flatMap(([name, { content }]) => [
    { type: "heading", attrs: { level: 3 }, content: [text(name)] },
    ...withFiles(content, ids),
  ]);
  await site.api("PUT", `/issue/${everything}`, { fields: { description: doc(...nodes, ...marked) } });

  const name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    .repeat(3)
    .slice(0, 255);
  long = await issue(
    name,
    doc(
      paragraph(text(`https://acme.example/${"path".repeat(60)}`)),
      ...Array.from({ length: 40 }, () => paragraph(text("word ".repeat(60)))),
    ),
  );
  await site.attach(long, `${"a-name-that-does-not-end-".repeat(8)}.txt`, "x", "text/plain");
  for (let n = 0; n < 30; n++)
    await site.api("POST", `/issue/${long}/comment`, {
      body: plain(`Comment ${n}: ${"and so on ".repeat(n)}`),
    });
  notes = await issue("Who may read what", null);
  await site.api("POST", `/issue/${notes}/comment`, { body: plain("For all.") });
  await site.api("POST", `/issue/${notes}/comment`, {
    body: plain("For us."),
    properties: [{ key: "sd.public.comment", value: { internal: true } }],
  });
  await site.api("POST", `/issue/${notes}/comment`, {
    body: plain("For few."),
    visibility: { type: "role", value: "Administrators" },
  });
  await site.api("PUT", `/issue/${notes}`, { fields: { summary: "Who may read which comment" } });
});
after(async () => {
  await browser?.close();
  await Promise.all([site?.stop(), empty?.stop()]);
});

const shown = (page, words) => page.getByText(words).first().waitFor();
const heading = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();

const scenes = [
  { name: "list", more: true, act: (p) => heading(p, "Choose an issue") },
  { name: "empty", on: () => empty, act: (p) => heading(p, "Nothing here yet") },
  { name: "issue", at: () => "/browse/SUP-1", more: true, act: (p) => heading(p, /Payment page/) },
  {
    name: "every-node",
    at: () => `/browse/${everything}`,
    height: 9000,
    act: async (p) => {
      await heading(p, "Every node and mark");
      for (const box of await p.locator("details.expand > summary").all())
        if (await box.isVisible()) await box.click();
    },
  },
  { name: "long", at: () => `/browse/${long}`, more: true, act: (p) => shown(p, "Comment 29") },
  {
    name: "notes-and-history",
    at: () => `/browse/${notes}`,
    act: async (p) => {
      await shown(p, "Only for Administrators");
      await p.getByRole("heading", { name: /History/ }).click();
    },
  },
  {
    name: "missing",
    at: () => "/browse/SUP-999",
    refused: true,
    act: (p) => heading(p, "SUP-999 is not here"),
  },
  {
    name: "search",
    act: async (p) => {
      await p.getByRole("searchbox").fill('type = Bug AND text ~ "basket"');
      await shown(p, "1 issue found by JQL");
    },
  },
  {
    name: "search-nothing",
    act: async (p) => {
      await p.getByRole("searchbox").fill("unicorn");
      await shown(p, "Nothing found by words");
    },
  },
  {
    name: "search-wrong",
    refused: true,
    act: async (p) => {
      await p.getByRole("searchbox").fill("colour = red");
      await shown(p, /Field 'colour' does not exist/);
    },
  },
  {
    name: "writing",
    at: () => "/browse/SUP-1",
    more: true,
    act: async (p) => {
      await p.getByRole("button", { name: "Edit the description" }).click();
      await p.getByRole("textbox", { name: "Description" }).waitFor();
    },
  },
  {
    name: "preview",
    at: () => "/browse/SUP-2",
    act: async (p) => {
      await p
        .getByRole("textbox", { name: "New comment" })
        .fill(
          "## Tried\n\n:: warning: It is **not** only Firefox\n\n| Browser | Result |\n| --- | --- |\n| Firefox | empty |",
        );
      await p
        .getByRole("group", { name: "New comment, formatting" })
        .getByRole("button", { name: "Preview" })
        .click();
      await p
        .getByRole("region", { name: "New comment, preview" })
        .getByRole("table")
        .scrollIntoViewIfNeeded();
    },
  },
  {
    name: "refused",
    at: () => "/browse/SUP-2",
    refused: true,
    act: async (p) => {
      await p.getByRole("button", { name: "Comment", exact: true }).click();
      await shown(p, "The comment is empty.");
      await site.ask("PUT", "/practice/limits", { upload_limit: 100 });
      const file = { name: "large.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(101) };
      await p.getByLabel("Files to attach").setInputFiles(file);
      await shown(p, /exceeds its maximum permitted size/);
      await site.ask("PUT", "/practice/limits", { upload_limit: 1_000_000_000 });
    },
  },
  { name: "keyboard", act: (p) => p.getByRole("button", { name: "Keyboard" }).click() },
];

describe("gallery", () => {
  const views = { light: { theme: "light" }, dark: { theme: "dark" } };
  const more = {
    narrow: { width: 720, height: 900 },
    zoom: { width: 1280, height: 800, zoom: 2 },
    forced: { forced: true },
  };
  for (const scene of scenes) {
    for (const [view, options] of Object.entries({ ...views, ...(scene.more ? more : {}) })) {
      test(`${scene.name}, ${view}`, async () => {
        const place = scene.on?.() ?? site;
        const size = scene.height ? { height: scene.height } : {};
        const window = await browser.window(place, { at: scene.at?.(), ...size, ...options });
        await window.page.getByLabel("You are").selectOption({ index: 0 });
        // On a narrow window the list is all there is until an issue is open.
        if (!["narrow", "zoom"].includes(view) || scene.at) await scene.act(window.page);
        else await shown(window.page, /issues?$/);
        await look(window.page, `${scene.name}-${view}`);
        const known = (e) => scene.refused && /status of 4\d\d/.test(e);
        assert.deepEqual(
          window.errors.filter((e) => !known(e)),
          [],
        );
        await window.close();
      });
    }
  }
});

test("loading is said", async () => {
  const window = await browser.window(empty);
  await window.page.route("**/practice/ui/**", (route) => route.abort());
  await window.page.reload();
  await shown(window.page, "Loading…");
  await shown(window.page, "The practice site does not answer");
  await window.close();
});

test("every node and every mark has its own look", async () => {
  const { page, close } = await browser.window(empty);
  const known = await page.evaluate(async () => (await import("/practice/web/adf.js")).KNOWN);
  assert.deepEqual(known.nodes.toSorted(), Object.keys(samples).toSorted());
  assert.deepEqual([...known.marks, ...known.plain].toSorted(), marks.toSorted());
  await close();
});

test("the pictures in docs/rich-text.md show every sample as it travels today", () => {
  const page = readFileSync(new URL("../../docs/rich-text.md", import.meta.url), "utf8");
  for (const name of Object.keys(PICTURES)) assert.ok(page.includes(`pictures/rich-text/${name}.png`), name);
  const shown = Object.values(PICTURES).flatMap((kinds) => kinds ?? []);
  assert.deepEqual(shown.toSorted(), Object.keys(samples).toSorted());
  assert.equal(readFileSync(STAMP, "utf8").trim(), stamp(), "run npm --prefix ui run pictures");
});

test("editing a text as it is changes nothing in it, whatever is in it", async () => {
  const { page, close } = await browser.window(empty);
  const all = [...Object.values(samples).map((s) => doc(...s.content)), doc(...marked)];
  all.push(
    doc(paragraph(text("1. no list"), { type: "hardBreak" }, text("# no heading"))),
    doc(paragraph(text("⟦1⟧ *a* _b_ `c` [d](e) \\ | ~~f~~"))),
    doc({ type: "paragraph" }, paragraph(text(" spaces "))),
  );
  const back = await page.evaluate(async (documents) => {
    const { toMarkdown, fromMarkdown } = await import("/practice/web/markdown.js");
    return documents.map((document) => {
      const kept = [];
      return fromMarkdown(toMarkdown(document, kept), kept);
    });
  }, all);
  // Ids that an editor gave to what is written again are nobody's words.
  const bare = (value) =>
    JSON.parse(
      JSON.stringify(value, (key, part) => (key === "localId" ? undefined : part))
        .replaceAll(',"attrs":{}', "")
        .replaceAll('"attrs":{},', ""),
    );
  const order = (value) =>
    Array.isArray(value)
      ? value.map(order)
      : value && typeof value === "object"
        ? Object.fromEntries(
            Object.entries(value)
              .sort()
              .map(([k, v]) => [k, order(v)]),
          )
        : value;
  assert.deepEqual(
    back.map((b) => order(bare(b))),
    all.map((d) => order(bare(d))),
  );
  await close();
});

test("what is hostile is text", async () => {
  const bad = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
  const key = await issue(
    bad.slice(0, 200),
    doc(
      paragraph(text(bad), text("click", { type: "link", attrs: { href: "javascript:alert(3)" } })),
      { type: "codeBlock", attrs: { language: bad }, content: [text(bad)] },
      { type: "expand", attrs: { title: bad }, content: [paragraph(text("x"))] },
      paragraph(
        { type: "mention", attrs: { id: "1", text: bad } },
        { type: "status", attrs: { text: bad, color: "blue" } },
      ),
      {
        type: "panel",
        attrs: { panelType: "custom", panelIconText: bad, panelColor: "url(//evil.example)" },
        content: [paragraph(text("y"))],
      },
    ),
  ).catch((refusal) => {
    // The site takes no script as a link, as Jira does; a database from elsewhere may hold one.
    assert.match(refusal.message, /INVALID_INPUT|400/);
    return issue(
      bad.slice(0, 200),
      doc(paragraph(text(bad)), { type: "codeBlock", attrs: { language: bad }, content: [text(bad)] }),
    );
  });
  const file = await site.attach(key, "plain.png", bad, "image/svg+xml");
  await site.ask("PUT", `/practice/attachments/${file.id}`, { filename: `${bad}\u202egnp.exe` });
  await site.api("POST", `/issue/${key}/comment`, { body: plain(bad) });
  await site.ask("PUT", "/practice/users/ben", { name: bad });
  await site.ask("PUT", "/practice/projects/BAD", { name: bad });
  const { page, errors, close } = await browser.window(site, { at: `/browse/${key}` });
  await page.getByRole("heading", { name: bad.slice(0, 200), level: 1 }).waitFor();
  await page.locator(".comment .adf").getByText(bad).waitFor();
  await page.getByRole("button", { name: "Edit the description" }).click();
  await page
    .getByRole("group", { name: "Description, formatting" })
    .getByRole("button", { name: "Preview" })
    .click();
  const shapes = await page.evaluate(async (words) => {
    const { showNode } = await import("/practice/web/adf.js");
    const link = (href) => ({ type: "text", text: "go", marks: [{ type: "link", attrs: { href } }] });
    const nodes = [
      link("javascript:alert(4)"),
      link("data:text/html,x"),
      { type: words, content: [] },
      { type: "constructor" },
      { type: "inlineCard", attrs: { url: "javascript:alert(5)" } },
      {
        type: "text",
        text: "t",
        marks: [{ type: "__proto__" }, { type: "alignment", attrs: { align: "center" } }],
      },
      {},
    ];
    const made = nodes.map((n) => showNode(n, []));
    document.body.append(...made);
    return made
      .map((n) => n.querySelectorAll?.("a, script, img").length ?? 0)
      .concat(made.filter((n) => n.matches?.("a")).length);
  }, bad);
  assert.deepEqual(shapes, [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(await page.locator("script:not([src]), [onerror], a[href^='javascript']").count(), 0);
  assert.match(await page.locator(".file .name").innerText(), /\ufffdgnp\.exe/);
  assert.deepEqual(errors, [], "no dialog, no refusal by the policy, nobody else was asked");
  await close();
});

test("single keys do what they say, and nothing while somebody writes", async () => {
  const { page, close } = await browser.window(site);
  await heading(page, "Choose an issue");
  await page.keyboard.press("j");
  await page.waitForURL(/#\/issue\//);
  const first = page.url();
  await page.locator("article.issue").waitFor();
  const title = page.locator("article.issue h1");
  const shown = await title.innerText();
  await page.keyboard.press("j");
  await page.waitForFunction((url) => location.href !== url, first);
  await page.waitForFunction((t) => document.querySelector("article.issue h1").innerText !== t, shown);
  // The issue that was left still shows while its neighbour is on its way: a comment waits for the right one.
  const left = await title.innerText();
  let answer;
  const held = new Promise((go) => (answer = go));
  await page.route(/\/practice\/ui\/issues\//, async (route) => (await held, route.continue()));
  await page.keyboard.press("k");
  await page.waitForURL(first);
  await page.keyboard.press("m");
  assert.equal(await page.locator("textarea:focus").count(), 0);
  assert.equal(await title.innerText(), left);
  answer();
  await page.locator("textarea:focus").waitFor();
  await page.keyboard.type("jack /c");
  assert.equal(await title.innerText(), shown);
  assert.equal(await page.getByRole("textbox", { name: "New comment" }).inputValue(), "jack /c");
  assert.equal(page.url(), first);
  await page.locator("main").focus();
  await page.keyboard.press("?");
  await page.getByLabel("Single keys do something").uncheck();
  await page.keyboard.press("Escape");
  await page.locator("main").focus();
  await page.keyboard.press("c");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await close();
});
