// Rules for every script of the tree: tools, tests and the pages.
import js from "@eslint/js";
import globals from "globals";

// Marks what JSX names as used: eslint 9 itself does not look there.
const jsx = {
  rules: {
    "uses-names": {
      create: (context) => ({
        JSXOpeningElement(node) {
          if (node.name.type !== "JSXIdentifier") return;
          context.sourceCode.markVariableAsUsed(node.name.name, node);
        },
      }),
    },
  },
};

export default [
  { ignores: ["**/node_modules/", "build/", "**/vendor/"] },
  js.configs.recommended,
  {
    files: ["**/*.mjs", "**/*.js", "**/*.jsx"],
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
    plugins: { jsx },
    rules: { "jsx/uses-names": "error" },
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
  },
  {
    files: ["tests/browser/**", "tests/lib/browser.mjs"],
    languageOptions: { globals: globals.browser },
  },
];
