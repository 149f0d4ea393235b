import { defineConfig } from "vite";

/**
 * Everything is a file of its own under assets/: the page's policy forbids inline scripts, styles and data. Each names the others by
 * relative addresses, so that the page can stand under any path.
 */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: "static",
  base: "./",
  build: {
    outDir: "../dist/public",
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
