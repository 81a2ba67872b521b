// The peer: Podium's layout on Express, as its own documentation builds it, with the same fragments.
import { createRequire } from "node:module";
import Layout from "@podium/layout";
import express from "express";

const [port, ...podlets] = process.argv.slice(2).map(Number);
const layout = new Layout({ name: "peer", pathname: "/", client: { timeout: 1000 } });
const registered = podlets.map((at, index) =>
  layout.client.register({ name: `f${index + 1}`, uri: `http://127.0.0.1:${at}/podlet.json` }),
);
layout.css({ value: "/static/peer.css" });
layout.js({ value: "/static/peer.js", type: "module" });

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.use(layout.middleware());
app.get("/", async (_request, response) => {
  const incoming = response.locals.podium;
  const fetched = await Promise.all(registered.map((podlet) => podlet.fetch(incoming)));
  incoming.podlets = fetched;
  incoming.view.title = "Home";
  response.podiumSend(`<main>${fetched.join("\n")}</main>`);
});
app.listen(port, "127.0.0.1", 2048);

const version = createRequire(import.meta.url)("@podium/layout/package.json").version;
process.stdout.write(`@podium/layout ${version}\n`);
