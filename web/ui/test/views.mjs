// The names of the views, from the modules that make them: what draws is not loaded here.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const dir = fileURLToPath(new URL("../src/views/", import.meta.url));

export const VIEW_IDS = readdirSync(dir).flatMap((name) => {
  const text = readFileSync(dir + name, "utf8");
  const id = /^const view = \{\n {2}id: "([a-z-]+)",$/m.exec(text)?.[1];
  return id ? [id] : [];
});
