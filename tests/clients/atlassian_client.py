"""A second client that shares nothing with Twinline: PyPI `atlassian-python-api`.

Does what jira_client.py does, with other calls: it creates with version 2 of the API, searches with version 3, and reads
an attachment by its own address.
"""

import hashlib
import io
import json
import sys
import time

from atlassian import Jira


def sign_in(side):
    client = Jira(url=side["url"], username=side["email"], password=side["token"], cloud=True)
    assert client.myself()["emailAddress"] == side["email"], "signed in as somebody else"
    return client


def find_twin(client, project, summary, until):
    while True:
        found = client.enhanced_jql(f"project = {project} ORDER BY created DESC", limit=50)
        for issue in found["issues"]:
            if issue["fields"]["summary"] == summary:
                issue = client.issue(issue["key"])
                if issue["fields"]["attachment"] and client.issue_get_comments(issue["key"])["comments"]:
                    return issue
        if time.monotonic() > until:
            sys.exit("the twin was not found")
        time.sleep(0.5)


def main():
    task = json.load(sys.stdin)
    here, there = sign_in(task["here"]), sign_in(task["there"])
    summary = "Made by a second client"
    issue = here.create_issue(
        fields={
            "project": {"key": task["here"]["project"]},
            "summary": summary,
            "description": "Made by an independent client.",
            "issuetype": {"name": "Improvement"},
        }
    )
    here.issue_add_comment(issue["key"], "A comment by an independent client.")
    content = io.BytesIO(bytes(range(256)) * 64)
    content.name = "independent.bin"
    here.add_attachment_object(issue["key"], content)

    twin = find_twin(there, task["there"]["project"], summary, time.monotonic() + task["seconds"])
    fields = twin["fields"]
    attachment = fields["attachment"][0]
    received = there.get_attachment_content(attachment["id"])
    print(
        json.dumps(
            {
                "issue": issue["key"],
                "twin": twin["key"],
                "type": fields["issuetype"]["name"],
                "description": fields["description"],
                "comments": [c["body"] for c in there.issue_get_comments(twin["key"])["comments"]],
                "file": attachment["filename"],
                "sent_sha256": hashlib.sha256(content.getvalue()).hexdigest(),
                "received_sha256": hashlib.sha256(received).hexdigest(),
            }
        )
    )


if __name__ == "__main__":
    main()
