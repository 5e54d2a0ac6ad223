"""PyPI `tap-jira`, the Singer tap, reads every issue of a site, unchanged and with nothing but its own configuration.

It speaks https alone, whatever address it is given. So its calls go through a TLS end on loopback with a certificate made for
this run. The tap trusts what `certifi` lists and nothing else (it passes by REQUESTS_CA_BUNDLE), so the authority is added
there: run this in a Python environment of its own. Reads what to do from standard input as JSON, prints what was read, and
how long it took, as JSON.
"""

import asyncio
import json
import os
import pathlib
import resource
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import certifi
import trustme


def tls_end(authority, target):
    """Passes what comes by TLS to the site; the port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    loop = asyncio.new_event_loop()

    async def copy(reader, writer):
        try:
            while piece := await reader.read(1 << 16):
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader, writer):
        to_site = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(copy(reader, to_site[1]), copy(to_site[0], writer))

    started = asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    server = loop.run_until_complete(started)
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return server.sockets[0].getsockname()[1]


def trust(authority):
    """Those that `certifi` came with, and this one."""
    listed = pathlib.Path(certifi.where())
    shipped = listed.with_suffix(".shipped")
    if not shipped.exists():
        shipped.write_bytes(listed.read_bytes())
    listed.write_bytes(shipped.read_bytes() + authority.cert_pem.bytes())


def only_issues(catalog):
    """As a person does in the catalog that the tap itself wrote: the stream `issues`, and no other."""
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == "issues"
    return catalog


def main():
    task = json.load(sys.stdin)
    authority = trustme.CA()
    trust(authority)
    port = tls_end(authority, urllib.parse.urlparse(task["url"]))
    tap = pathlib.Path(sys.executable).with_name("tap-jira")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        config, catalog = folder / "config.json", folder / "catalog.json"
        config.write_text(
            json.dumps(
                {
                    "start_date": "2000-01-01T00:00:00Z",
                    "user_agent": "tap-jira",
                    "username": task["email"],
                    "password": task["token"],
                    "base_url": f"https://127.0.0.1:{port}",
                }
            )
        )
        environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
        discover = [tap, "--config", config, "--discover"]
        found = subprocess.run(discover, env=environment, capture_output=True)
        if found.returncode:
            sys.exit(f"tap-jira failed:\n{found.stderr.decode()[-4000:]}")
        catalog.write_text(json.dumps(only_issues(json.loads(found.stdout))))

        begun, log = time.monotonic(), folder / "log"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(log, "wb") as words:
            sync = [tap, "--config", config, "--properties", catalog]
            with subprocess.Popen(sync, env=environment, stdout=subprocess.PIPE, stderr=words) as running:
                records, ids = 0, set()
                for line in running.stdout:
                    said = json.loads(line)
                    if said["type"] == "RECORD":
                        records += 1
                        ids.add(said["record"]["id"])
        seconds = time.monotonic() - begun
        if running.returncode:
            sys.exit(f"tap-jira failed:\n{log.read_text()[-4000:]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            json.dumps({"issues": len(ids), "records": records, "seconds": seconds, "cpu_seconds": cpu})
        )


if __name__ == "__main__":
    main()
