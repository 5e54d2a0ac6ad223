import { expect, test } from "vitest";
import { invitation } from "../mock/fixtures";
import { Initiate } from "./initiate.svelte";

test("no step is entered before the one that it needs", () => {
  const w = new Initiate();
  expect(w.clamp(undefined)).toBe("partner");
  expect(w.clamp("nonsense")).toBe("partner");
  expect(w.clamp("review")).toBe("project");
  w.choose("a1", "SUP");
  expect(w.clamp("review")).toBe("review");
  expect(w.clamp("invitation")).toBe("review");
  w.way = "have-url";
  expect(w.clamp("mode")).toBe("partner");
});

test("an invitation is made once", () => {
  const w = new Initiate();
  w.choose("a1", "SUP");
  w.invitation = invitation;
  for (const step of ["partner", "review", undefined]) expect(w.clamp(step)).toBe("invitation");
});

test("another project forgets the type, the existing issues and the internal comments of the one before", () => {
  const w = new Initiate();
  w.choose("a1", "SUP");
  w.defaultType = "Bug";
  w.existing = true;
  w.internalComments = true;
  w.choose("a1", "SUP");
  expect(w.existing).toBe(true);
  w.choose("a1", "OPS");
  expect([w.defaultType, w.existing, w.internalComments]).toEqual(["", false, false]);
});

test("what Rust is asked for: nothing is on by default", () => {
  const w = new Initiate();
  w.partnerName = "  Globex ";
  w.choose("a1", "SUP");
  expect(w.request("http://192.168.1.20:7700")).toEqual({
    account: "a1",
    project: "SUP",
    partner_name: "Globex",
    address: "http://192.168.1.20:7700",
    relay: null,
    mode: "basic",
    approval: "ask",
    default_type: null,
    filter: null,
    existing: false,
    name_authors: true,
    internal_comments: false,
  });
  w.address = " ";
  expect(w.request("http://192.168.1.20:7700").address).toBeNull();
});

test("a relay is promised only once it has answered", () => {
  const w = new Initiate();
  w.choose("a1", "SUP");
  w.way = "relay";
  w.relay = "relay.acme.example";
  expect(w.clamp("review")).toBe("partner");
  w.relayReached = "https://relay.acme.example";
  expect(w.clamp("review")).toBe("review");
  const asked = w.request("http://192.168.1.20:7700");
  expect([asked.address, asked.relay]).toEqual([null, "https://relay.acme.example"]);
});
