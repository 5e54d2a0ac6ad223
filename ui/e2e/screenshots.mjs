// `npm run screenshots`: writes the pictures of the docs anew. Look at them before you commit them.
import { fileURLToPath } from "node:url";
import { scenes } from "./all-scenes.mjs";
import { open } from "./browser.mjs";
import { PICTURES } from "./docs.mjs";
import { still } from "./still.mjs";

const app = await open();
for (const { file, name, view } of PICTURES) {
  const scene = scenes.find((one) => one.name === name);
  const { page, close } = await app.window({ ...scene, ...view });
  await scene.act?.(page);
  await page.getByTestId(scene.see).first().waitFor();
  await still(page);
  await page.screenshot({ path: fileURLToPath(new URL(`../../docs/pictures/${file}`, import.meta.url)) });
  await close();
}
await app.close();
