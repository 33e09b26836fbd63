// Starts the page: the live data, the tab's visibility, the first draw.

import { render } from "preact";
import { App } from "./app.jsx";
import { createLive } from "./live.js";

const live = createLive({
  fetch: (...args) => fetch(...args),
  now: () => performance.now(),
  setTimeout: (...args) => setTimeout(...args),
  clearTimeout: (id) => clearTimeout(id),
});

const look = () => live.setHidden(document.visibilityState === "hidden");
document.addEventListener("visibilitychange", look);
addEventListener("online", () => live.refresh("memory"));
look();

const app = document.getElementById("app");
app.replaceChildren();
render(<App live={live} />, app);
