// A practice Jira as a program, and windows on its page.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { launch, looks } from "../e2e/browser.mjs";

/** Where the program is: `cargo xtask test` says it; by hand it is the workspace's own debug build. */
const PROGRAM =
  process.env.PRACTICE_JIRA ?? new URL("../../target/debug/practice-jira", import.meta.url).pathname;

/** Starts a site; `api` asks its REST API as Ana, `practice` sets and looks at what is outside of it. */
export async function start(name, issues = 0) {
  const program = spawn(
    PROGRAM,
    ["--site", name, "--port", "0", "--memory", "--seed-issues", String(issues)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const line = await new Promise((done, fail) => {
    createInterface(program.stdout).once("line", done);
    program.once("error", fail);
    program.once("exit", (code) => fail(new Error(`practice-jira ended with ${code}`)));
  });
  const [, url, email, token] = / on (\S+) · e-mail (\S+) · API token (\S+)/.exec(line);
  const headers = {
    authorization: `Basic ${Buffer.from(`${email}:${token}`).toString("base64")}`,
    "content-type": "application/json",
    "x-atlassian-token": "no-check",
  };
  const ask = async (method, path, body) => {
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  return {
    name,
    url,
    email,
    token,
    ask,
    api: (method, path, body) => ask(method, `/rest/api/3${path}`, body),
    async attach(key, filename, bytes, type) {
      const form = new FormData();
      form.append("file", new Blob([bytes], { type }), filename);
      const { authorization, "x-atlassian-token": check } = headers;
      const path = `${url}/rest/api/3/issue/${key}/attachments`;
      const sent = { method: "POST", headers: { authorization, "x-atlassian-token": check }, body: form };
      return (await (await fetch(path, sent)).json())[0];
    },
    stop: () =>
      new Promise((done) => {
        program.removeAllListeners("exit");
        program.once("exit", done);
        program.kill();
      }),
  };
}

/** A browser whose windows note every error, every refusal by the content policy, and every stranger they ask. */
export async function browse() {
  const browser = await launch();
  return {
    async window(
      site,
      { at = "/", theme = "light", width = 1280, height = 860, zoom = 1, forced, clock } = {},
    ) {
      const context = await browser.newContext(looks({ theme, width, height, zoom, forced }));
      const page = await context.newPage();
      const errors = [];
      const asked = [];
      page.on("pageerror", (e) => errors.push(e.message));
      page.on("dialog", (d) => (errors.push(`dialog: ${d.message()}`), d.dismiss()));
      page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
      page.on("request", (r) => {
        asked.push(`${r.method()} ${new URL(r.url()).pathname}`);
        if (!r.url().startsWith(site.url)) errors.push(`asked ${r.url()}`);
      });
      // Time that only a test moves.
      if (clock) await page.clock.install();
      await page.goto(site.url + at);
      return { page, errors, asked, close: () => context.close() };
    },
    close: () => browser.close(),
  };
}
