// Two projects of one's own, in one app.
import { id } from "./scenes.mjs";

const choose = async (p) => {
  await id(p, "project-SUP-from").check();
  await id(p, "project-OPS-to").check();
  await id(p, "default-type-to").waitFor();
};
const toReview = async (p) => {
  await choose(p);
  await id(p, "next").click();
  await id(p, "existing-to").waitFor();
};
const connect = async (p) => (await toReview(p), await id(p, "local-submit").click());

/** @type {import("./all-scenes.d.mts").Scene[]} */
export const localScenes = [
  { name: "local-1-projects", at: "/local", act: choose, see: "default-type-to", more: true },
  {
    name: "local-1-two-accounts",
    scene: "two-accounts",
    at: "/local",
    act: choose,
    see: "account-to",
  },
  {
    name: "local-1-unchosen",
    at: "/local",
    act: async (p) => (await id(p, "project-SUP-from").waitFor(), await id(p, "next").click()),
    see: "local-wrong",
  },
  { name: "local-2-review", at: "/local", act: toReview, see: "comments-warning", more: true },
  {
    name: "local-2-review-service",
    scene: "service",
    at: "/local",
    act: async (p) => (
      await toReview(p),
      await id(p, "internal-to").check(),
      await id(p, "existing-from").check()
    ),
    see: "comments-warning",
  },
  {
    name: "local-2-same-project",
    scene: "refused/connect_local/same-project",
    at: "/local",
    act: connect,
    see: "trouble",
  },
  { name: "local-2-working", scene: "waits/connect_local", at: "/local", act: connect, see: "working" },
  { name: "local-3-done", at: "/local", act: connect, see: "local-done" },
  { name: "local-list", scene: "local", at: "/connections", see: "connection-row", more: true },
  { name: "local-list-differs", scene: "local-differs", at: "/connections", see: "other-side" },
  { name: "local-connection", scene: "local", at: "/connections/c-local", see: "local-side" },
  {
    name: "local-remove",
    scene: "local",
    at: "/connections/c-local",
    act: async (p) => (await id(p, "more").click(), await id(p, "remove").click()),
    see: "confirm-yes",
  },
];
