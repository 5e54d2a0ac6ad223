import { mount } from "svelte";
import "./app.css";
import App from "./App.svelte";
import { commands } from "./lib/ipc";
import { ofTheSystem, speak } from "./lib/language.svelte";

// A catalogue lies beside the page: this is a moment, and spares people words in two languages.
void speak(ofTheSystem()).then(() => {
  mount(App, { target: document.getElementById("app")! });
  // Two frames later the first one has been painted: Rust measures the start with it.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      commands.uiReady(performance.now()).catch(() => undefined);
    }),
  );
});
