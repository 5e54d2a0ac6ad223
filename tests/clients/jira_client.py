"""A client that shares nothing with Twinline: PyPI `jira`.

Signs in, creates an issue, comments and attaches at one site, and finds the twin at the other. Reads what to do from
standard input as JSON (tokens do not belong on a command line), prints what it found as JSON.
"""

import hashlib
import io
import json
import sys
import time

from jira import JIRA


def sign_in(side):
    client = JIRA(server=side["url"], basic_auth=(side["email"], side["token"]), max_retries=0)
    assert client.myself()["emailAddress"] == side["email"], "signed in as somebody else"
    return client


def find_twin(client, project, summary, until):
    while True:
        for issue in client.search_issues(f"project = {project} ORDER BY created DESC", maxResults=50):
            if issue.fields.summary == summary:
                issue = client.issue(issue.key)
                if issue.fields.attachment and client.comments(issue.key):
                    return issue
        if time.monotonic() > until:
            sys.exit("the twin was not found")
        time.sleep(0.5)


def main():
    task = json.load(sys.stdin)
    here, there = sign_in(task["here"]), sign_in(task["there"])
    summary = "Made by an independent client"
    issue = here.create_issue(
        project=task["here"]["project"],
        summary=summary,
        description="Made by an independent client.",
        issuetype={"name": "Improvement"},
    )
    here.add_comment(issue.key, "A comment by an independent client.")
    content = bytes(range(256)) * 64
    here.add_attachment(issue=issue.key, attachment=io.BytesIO(content), filename="independent.bin")

    twin = find_twin(there, task["there"]["project"], summary, time.monotonic() + task["seconds"])
    attachment = twin.fields.attachment[0]
    print(
        json.dumps(
            {
                "issue": issue.key,
                "twin": twin.key,
                "type": twin.fields.issuetype.name,
                "description": twin.fields.description,
                "comments": [comment.body for comment in there.comments(twin.key)],
                "file": attachment.filename,
                "sent_sha256": hashlib.sha256(content).hexdigest(),
                "received_sha256": hashlib.sha256(attachment.get()).hexdigest(),
            }
        )
    )


if __name__ == "__main__":
    main()
