// Starts the page: the live data, the tab's visibility, the first draw.

import { render } from "preact";
import { App } from "./app.jsx";
import { createLive } from "./live.js";
import { takeToken } from "./model/token.js";
import { href } from "./routes.js";

takeToken(location, history, sessionStorage);
// A link /soak#DOCUMENT is the soak view with that document.
if (location.pathname === "/soak")
  history.replaceState(null, "", `/${href("soak", decodeURIComponent(location.hash.slice(1)))}`);

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
