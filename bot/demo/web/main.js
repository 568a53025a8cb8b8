// Mounts the whole Hydrogen client (login, rooms, settings) out of its npm package. Which
// homeserver it proposes comes from config.js, which is written when the page is served.

import {
  FeatureSet,
  Platform,
  RootViewModel,
  createNavigation,
  createRouter,
} from "hydrogen-view-sdk";

const ASSETS = {
  downloadSandbox: "assets/download-sandbox.html",
  worker: "assets/main.js",
  serviceWorker: "sw.js",
  olm: { wasm: "olm.wasm", legacyBundle: "olm_legacy.js", wasmBundle: "olm.js" },
};

async function start(container) {
  const platform = new Platform({
    container,
    assetPaths: ASSETS,
    config: { defaultHomeServer: window.KRING.homeserver },
    options: { development: true },
  });
  await platform.init();
  const features = await FeatureSet.load(platform.settingsStorage);
  const navigation = createNavigation();
  platform.setNavigation(navigation);
  const urlRouter = createRouter({ navigation, history: platform.history });
  urlRouter.attach();
  const root = new RootViewModel({ platform, urlRouter, navigation, features });
  await root.load();
  platform.createAndMountRootView(root);
}

const container = document.querySelector("#app");
start(container).catch((error) => {
  console.error(error);
  container.textContent = `The web client could not start: ${error.message}`;
});
