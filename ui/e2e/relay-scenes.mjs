// Connections of two companies of which neither can be called.
import { id, toInvitation, toPreview, toReview } from "./scenes.mjs";

const RELAY = "https://relay.acme.example";
const askRelay = async (p) => {
  await id(p, "way-relay").check();
  await id(p, "relay").fill(RELAY);
  await id(p, "check-relay").click();
  await id(p, "relay-answer").waitFor();
};

/** @type {import("./all-scenes.d.mts").Scene[]} */
export const relayScenes = [
  { name: "initiate-1-relay", at: "/initiate", act: askRelay, see: "relay-answer" },
  {
    name: "initiate-1-relay-silent",
    scene: "answers/silent",
    at: "/initiate",
    act: async (p) => (await askRelay(p), await id(p, "next").click()),
    see: "relay-answer",
  },
  {
    name: "initiate-1-relay-missing",
    at: "/initiate",
    act: async (p) => (await id(p, "way-relay").check(), await id(p, "next").click()),
    see: "relay-hint",
  },
  {
    name: "initiate-1-relay-checking",
    scene: "waits/check_relay",
    at: "/initiate",
    act: async (p) => {
      await id(p, "way-relay").check();
      await id(p, "relay").fill(RELAY);
      await id(p, "check-relay").click();
    },
    see: "checking-relay",
  },
  {
    name: "initiate-4-relay",
    at: "/initiate",
    act: async (p) => (await askRelay(p), await toReview(p)),
    see: "review-relay",
  },
  {
    name: "initiate-5-relay",
    at: "/initiate",
    act: async (p) => (await askRelay(p), await toInvitation(p)),
    see: "listening",
  },
  {
    name: "invitation-not-at-relay",
    scene: "not-at-relay",
    at: "/connections/c-umbrella/invitation",
    see: "invitation-code",
  },
  { name: "accept-2-relay", scene: "relay", at: "/accept", act: toPreview, see: "preview" },
];
