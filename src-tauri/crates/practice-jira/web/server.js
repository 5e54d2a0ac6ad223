// What this page asks the site it comes from, and how it hears that something changed.

/** The answer's JSON, or an error that says in a sentence what the site refused. */
export async function call(method, path, body) {
  const request =
    body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  let answer;
  try {
    answer = await fetch(`/practice/ui/${path}`, request);
  } catch {
    throw new Error("The practice site does not answer.");
  }
  const text = await answer.text();
  if (answer.ok) return text ? JSON.parse(text) : null;
  throw refusal(answer.status, text);
}

function refusal(status, text) {
  let said = [];
  try {
    const data = JSON.parse(text);
    said = [...(data.errorMessages || []), ...Object.values(data.errors || {})];
  } catch {
    // No JSON: the status has to do.
  }
  const words = said.map((s) => (s === "INVALID_INPUT" ? "Jira would refuse this text." : s)).join(" ");
  return Object.assign(new Error(words || `It did not work (${status}).`), { status });
}

/** Sends one file; `progress` hears how much of it has gone, from 0 to 1. */
export function send(path, file, progress) {
  return new Promise((done, fail) => {
    const form = new FormData();
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (e) => progress(e.lengthComputable ? e.loaded / e.total : 0));
    request.addEventListener("load", () =>
      request.status < 300 ? done() : fail(refusal(request.status, request.responseText)),
    );
    request.addEventListener("error", () => fail(new Error("The practice site does not answer.")));
    request.open("POST", `/practice/ui/${path}`);
    request.send(form);
  });
}

/**
 * Calls `changed` with the site's version, now and whenever it has grown, and `reachable` when the site goes and comes
 * back. A window that nobody sees does not listen: a browser has few connections for each site.
 */
export function listen(changed, reachable) {
  let source = null;
  let again;
  const stop = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  const start = () => {
    stop();
    source = new EventSource("/practice/ui/events");
    source.addEventListener("open", () => reachable(true));
    source.addEventListener("message", (e) => changed(Number(e.data)));
    source.addEventListener("error", () => {
      reachable(false);
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(start, 2000);
    });
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  start();
}

/** What this window remembers until it is closed: who acts, and what is being written. */
export const memory = {
  get(key) {
    const text = sessionStorage.getItem(key);
    return text === null ? null : JSON.parse(text);
  },
  set(key, value) {
    try {
      if (value === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, JSON.stringify(value));
    } catch {
      // More than a browser remembers: it stands in its box all the same.
    }
  },
};
