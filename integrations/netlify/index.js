// Netlify deploys PUBLISH_DIR itself, so the result replaces the input. The
// store is kept from one build to the next: what did not change is not made
// again.
import { spawnSync } from "node:child_process";

const meta = ".hone";

export const onPreBuild = async ({ utils }) => {
  await utils.cache.restore(meta + "/store");
};

export const onPostBuild = async ({ constants, inputs, utils }) => {
  const args = ["build", "--ci", "--replace", "--meta", meta, ...(inputs.args || []), constants.PUBLISH_DIR];
  const run = spawnSync("hone", args, { stdio: "inherit", shell: process.platform === "win32" });
  if (run.error) {
    return utils.build.failBuild("hone could not be started: " + run.error.message + "; add @hone-web/hone to the dependencies");
  }
  await utils.cache.save(meta + "/store");
  if (run.status === 1) return utils.build.failBuild("hone found what stops the deploy; the log above says what and where");
  if (run.status !== 0) return utils.build.failBuild("hone ended with code " + run.status);
  utils.status.show({ title: "hone", summary: "The site was optimized." });
};
