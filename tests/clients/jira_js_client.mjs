// A third client that shares nothing with Twinline: npm `jira.js`, by version 3 of the API and rich text.
//
// Does what jira_client.py does. Reads what to do from standard input as JSON, prints what it found as JSON; the folder with
// its packages is named in TWINLINE_CLIENT_NODE.

import assert from "node:assert";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

const require = createRequire(`${process.env.TWINLINE_CLIENT_NODE}/`);
const { Version3Client } = require("jira.js");

const SUMMARY = "Made by a client from npm";

async function signIn(side) {
  const client = new Version3Client({
    host: side.url,
    authentication: { basic: { email: side.email, apiToken: side.token } },
  });
  const me = await client.myself.getCurrentUser();
  assert.equal(me.emailAddress, side.email, "signed in as somebody else");
  return client;
}

function richText(words) {
  return { type: "doc", version: 1, content: [{ type: "paragraph", content: [{ type: "text", text: words }] }] };
}

function words(node) {
  return node?.type === "text" ? node.text : (node?.content ?? []).map(words).join(" ");
}

async function findTwin(client, project, until) {
  for (;;) {
    const found = await client.issueSearch.searchForIssuesUsingJqlEnhancedSearch({
      jql: `project = ${project} ORDER BY created DESC`,
      fields: ["summary", "attachment", "comment"],
    });
    const twin = found.issues.find((issue) => issue.fields.summary === SUMMARY);
    if (twin?.fields.attachment.length && twin.fields.comment.total) {
      return client.issues.getIssue({ issueIdOrKey: twin.key });
    }
    assert(performance.now() < until, "the twin was not found");
    await pause(500);
  }
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const task = JSON.parse(await text(process.stdin));
const [here, there] = [await signIn(task.here), await signIn(task.there)];
const issue = await here.issues.createIssue({
  fields: {
    project: { key: task.here.project },
    summary: SUMMARY,
    description: richText("Made by an independent client."),
    issuetype: { name: "Improvement" },
  },
});
await here.issueComments.addComment({
  issueIdOrKey: issue.key,
  comment: richText("A comment by an independent client."),
});
const content = Buffer.from(Array.from({ length: 256 * 64 }, (_, at) => at % 256));
await here.issueAttachments.addAttachment({
  issueIdOrKey: issue.key,
  attachment: { filename: "independent.bin", file: content },
});

const twin = await findTwin(there, task.there.project, performance.now() + task.seconds * 1000);
const file = twin.fields.attachment[0];
const received = await there.issueAttachments.getAttachmentContent({ id: file.id });
const comments = await there.issueComments.getComments({ issueIdOrKey: twin.key });
console.log(
  JSON.stringify({
    issue: issue.key,
    twin: twin.key,
    type: twin.fields.issuetype.name,
    description: words(twin.fields.description),
    comments: comments.comments.map((comment) => words(comment.body)),
    file: file.filename,
    sent_sha256: sha256(content),
    received_sha256: sha256(Buffer.from(received)),
  }),
);
