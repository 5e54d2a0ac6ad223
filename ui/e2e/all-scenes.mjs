// Every scene there is: for the gallery, the tests, and the pictures in the docs.
import { connectScenes } from "./connect-scenes.mjs";
import { localScenes } from "./local-scenes.mjs";
import { moreScenes } from "./more-scenes.mjs";
import { relayScenes } from "./relay-scenes.mjs";
import { rulesScenes } from "./rules-scenes.mjs";
import { scenes as first } from "./scenes.mjs";
import { whatScenes } from "./what-scenes.mjs";

/** @type {import("./all-scenes.d.mts").Scene[]} */
export const scenes = [
  ...first,
  ...connectScenes,
  ...localScenes,
  ...moreScenes,
  ...relayScenes,
  ...rulesScenes,
  ...whatScenes,
];
