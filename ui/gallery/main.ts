// The gallery: every screen in every state, from the scenes that the tests walk through. For developers: no part of the app.
import { mount } from "svelte";
import "../src/app.css";
import Gallery from "./Gallery.svelte";

mount(Gallery, { target: document.getElementById("app")! });
