import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { goOnAt, guardFocus } from "./lost-focus";

let unguard: () => void;
beforeEach(() => (unguard = guardFocus()));
afterEach(() => {
  unguard();
  document.body.innerHTML = "";
});

const part = (id: string) => document.getElementById(id)!;

function page(html: string, focus: string) {
  document.body.innerHTML = `<main><h1>Title</h1>${html}</main>`;
  part(focus).focus();
}

const has = (id: string) => vi.waitFor(() => expect(document.activeElement?.id).toBe(id));

test("a button that becomes another one hands the focus on", async () => {
  page("<div><button id=pause>Pause</button><!----><button id=more>More</button></div>", "pause");
  part("pause").outerHTML = "<button id=resume>Resume</button>";
  await has("resume");
});

test("of a removed row the next one gets it, of the last one what stands around the list", async () => {
  page("<ul id=list><li><a id=a href=#a>A</a></li><li><a id=b href=#b>B</a></li></ul>", "a");
  part("a").parentElement!.remove();
  await has("b");
  part("list").remove();
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
});

test("an answered question leaves it in its row", async () => {
  page("<ul><li><a id=row href=#a>A</a><div id=asks><button id=yes>Yes</button></div></li></ul>", "yes");
  part("asks").remove();
  await has("row");
});

test("what lies over the page does not count, what had the focus before does", async () => {
  page(
    "<ul><li id=first><button id=more>More</button></li><li><button id=next>More</button></li></ul>",
    "more",
  );
  document.body.insertAdjacentHTML(
    "beforeend",
    "<div id=dialog role=alertdialog><button id=yes>Yes</button></div>",
  );
  part("yes").focus();
  part("first").remove();
  part("dialog").remove();
  await has("next");
});

test("a palette that leads to the page that is here already leaves it at the heading", async () => {
  page("<button id=a>A</button>", "a");
  document.body.insertAdjacentHTML("beforeend", "<div id=dialog role=dialog><input id=search></div>");
  part("search").focus();
  goOnAt(document.querySelector("h1"));
  part("dialog").remove();
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
});

test("who pointed beside everything, and what was taken up by the screen itself, is left alone", async () => {
  page("<button id=a>A</button><button id=b>B</button><button id=c>C</button>", "a");
  document.body.dispatchEvent(new MouseEvent("pointerdown", { bubbles: true }));
  part("a").remove();
  await frames();
  expect(document.activeElement).toBe(document.body);
  part("b").focus();
  part("b").remove();
  part("c").focus();
  part("c").insertAdjacentHTML("beforebegin", "<button id=d>D</button>");
  await frames();
  expect(document.activeElement).toBe(part("c"));
});

const frames = () => new Promise((done) => setTimeout(done, 100));
