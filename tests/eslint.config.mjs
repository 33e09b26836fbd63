// Rules for every script of the tree: tools, tests and the pages.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/node_modules/", "build/", "**/vendor/"] },
  js.configs.recommended,
  {
    files: ["**/*.mjs", "**/*.js", "tools/check-includes"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.node },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["web/ui/**"],
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
  },
  { files: ["tests/browser/**"], languageOptions: { globals: globals.browser } },
];
