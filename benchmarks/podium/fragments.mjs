// The fragments of the measured page, for both composers: each listens on a port of its own and speaks Podium's podlet
// protocol and the portal's contract. Bodies are made once. The first port takes orders:
//   POST / {"cache": "none" | "private" | "revalidate", "wait": milliseconds, "faults": {"f2": "hang" | "stall" | "die" | "500"}}
//   GET / says how often each fragment was asked for, DELETE / lets it count anew.
import { createServer } from "node:http";

const KILOBYTES = [3, 20, 3];
const VERSION = "1.0.0";
const STALLED_MS = 5000;
const CACHING = {
  none: {},
  private: { "cache-control": "private, max-age=2, stale-while-revalidate=30" },
  revalidate: { "cache-control": "private, no-cache" },
};

const [control, ...ports] = process.argv.slice(2).map(Number);
const orders = { cache: "none", wait: 0, faults: {} };
const counts = {};

function fragment(name, kilobytes) {
  const row = (number) => `<tr><td>${name}</td><td>Row ${number}</td><td class="amount">${number * 1234}.50</td></tr>\n`;
  let body = `<section class="panel" data-piece="${name}"><h2>Fragment ${name}</h2><table>\n`;
  for (let number = 1; body.length < kilobytes * 1000 - 60; number += 1) body += row(number);
  return Buffer.from(`${body}</table><p data-end="${name}"></p></section>\n`);
}

function documents(name) {
  const manifest = {
    contract: "1",
    name,
    version: VERSION,
    title: `Fragment ${name}`,
    navigation: [{ label: `Page ${name}`, href: "/page", permission: `${name}:card:view` }],
    slots: [{ name: "home", href: "/card", permission: `${name}:card:view` }],
    permissions: [{ id: `${name}:card:view`, sentence: "See the fragment" }],
    fallback: "Not here just now.",
  };
  const podlet = { name, version: VERSION, content: "/card", fallback: "/fallback", css: [], js: [], proxy: {} };
  return { "/manifest.json": manifest, "/podlet.json": podlet };
}

function serve(name, port, kilobytes) {
  const body = fragment(name, kilobytes);
  const json = documents(name);
  const etag = `"${name}-${VERSION}"`;
  counts[name] = 0;
  const card = (request, response) => {
    const fault = orders.faults[name];
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "podlet-version": VERSION,
      "portal-version": VERSION,
      ...(orders.cache === "none" ? {} : { etag }),
      ...CACHING[orders.cache],
    };
    if (fault === "500") return response.writeHead(500, { "content-type": "text/plain" }).end("broken");
    if (request.headers["if-none-match"] === etag && orders.cache !== "none") return response.writeHead(304, headers).end();
    response.writeHead(200, { ...headers, "content-length": body.length });
    if (fault !== "stall") return response.end(body);
    response.write(body.subarray(0, 1000));
    return setTimeout(() => response.end(body.subarray(1000)), STALLED_MS);
  };
  const server = createServer((request, response) => {
    const path = request.url.split("?")[0];
    if (path in json) {
      return response.writeHead(200, { "content-type": "application/json", "podlet-version": VERSION }).end(JSON.stringify(json[path]));
    }
    if (path === "/fallback") return response.writeHead(200, { "content-type": "text/html" }).end("<p>Not here just now.</p>");
    if (path !== "/card") return response.writeHead(404).end();
    counts[name] += 1;
    if (orders.faults[name] === "die") return response.socket.destroy();
    const wait = orders.faults[name] === "hang" ? STALLED_MS : orders.wait;
    return wait ? setTimeout(card, wait, request, response) : card(request, response);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port, "127.0.0.1", 2048);
}

ports.forEach((port, index) => serve(`f${index + 1}`, port, KILOBYTES[index % KILOBYTES.length]));
createServer(async (request, response) => {
  if (request.method === "POST") {
    let sent = "";
    for await (const piece of request) sent += piece;
    Object.assign(orders, { cache: "none", wait: 0, faults: {} }, JSON.parse(sent));
  }
  if (request.method === "DELETE") for (const name of Object.keys(counts)) counts[name] = 0;
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(counts));
}).listen(control, "127.0.0.1");
