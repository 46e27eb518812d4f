// Looks at pages as a person with a browser would: for each page, width and scheme what axe-core
// (WCAG 2.2 A and AA) finds wrong, and whether the page must be scrolled sideways. Prints JSON.
//   node look.mjs CHROMIUM PAGE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [, , chromium, ...pages] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--disable-gpu"],
});
const found = [];
for (const path of pages) {
  for (const [width, scheme] of [[360, "light"], [800, "light"], [1200, "light"], [800, "dark"]]) {
    const page = await browser.newPage();
    await page.setBypassCSP(true);
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(pathToFileURL(path).href);
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    await page.evaluate(axe);
    const { violations } = await page.evaluate(
      (values) => window.axe.run({ runOnly: { type: "tag", values } }),
      tags,
    );
    const faults = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
    found.push({ path, width, scheme, beyond, faults });
    await page.close();
  }
}
await browser.close();
console.log(JSON.stringify(found));
