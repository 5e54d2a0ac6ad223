import { mount } from "svelte";
import "./app.css";
import App from "./App.svelte";
import { ofTheSystem, speak } from "./lib/language.svelte";
import { painted } from "./lib/painted";
import { askAhead } from "./lib/queries";
import { ahead } from "./routes";

/** By then the first list is on the screen. */
const A_MOMENT_MS = 1000;

// Rust answers while the window is made.
askAhead();
// A catalogue lies beside the page: this is a moment, and spares people words in two languages.
void speak(ofTheSystem()).then(() => {
  mount(App, { target: document.getElementById("app")! });
  painted("frame");
  setTimeout(() => void ahead(), A_MOMENT_MS);
});
