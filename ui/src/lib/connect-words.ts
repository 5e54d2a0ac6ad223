// The words of connecting two issues that exist already: with the first part that says them.
import words from "../locales/en.ftl?connect";
import { learn } from "./language.svelte";

learn(words);
