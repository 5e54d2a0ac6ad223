# For mitmproxy: what a company's proxy may do to a call. The file `mode` beside it says what: `pass`, or a status with which it
# answers in the partner's place. Each such answer is a line in `answered`.

import os
import pathlib

from mitmproxy import http

FOLDER = pathlib.Path(os.environ["PROXY_FOLDER"])
NODE = int(os.environ["PROXY_NODE"])


def request(flow: http.HTTPFlow) -> None:
    mode = (FOLDER / "mode").read_text().strip()
    if mode != "pass":
        page = b"<!DOCTYPE html><title>Welcome</title><p>Please sign in to this network.</p>"
        headers = {"content-type": "text/html"}
        if mode == "302":
            headers["location"] = "https://sign-in.example/"
        flow.response = http.Response.make(int(mode), page, headers)
        with open(FOLDER / "answered", "a") as answered:
            answered.write(mode + "\n")
        return
    flow.request.scheme, flow.request.host, flow.request.port = "http", "127.0.0.1", NODE
