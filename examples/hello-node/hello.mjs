// A stranger's micro-frontend in another language: the whole contract with the shell, on nothing but Node itself.
import { createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { createServer } from "node:http";

const NAME = "hello";
const VERSION = "1.1-node";
const SHELL = process.env.SHELL_URL; // whose assertions we trust, http://localhost:8000 for instance
const HELLO = { en: "Hello", fr: "Bonjour" };
const SAFE = { "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "frame-ancestors 'none'" };
const MANIFEST = {
  contract: "1",
  name: NAME,
  version: VERSION,
  title: HELLO,
  navigation: [{ label: { en: "Say hello", fr: "Dire bonjour" }, href: "/", icon: "hand" }],
};
const LARGEST = 10_000; // bytes of a form

class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

let keys = new Map(); // the shell's public keys by their ids
let asked = -Infinity;

async function key(kid) {
  // An unknown id may be the shell's newest key; one that somebody made up must not have us ask each time.
  if (!keys.has(kid) && performance.now() - asked > 5_000) {
    asked = performance.now();
    const answer = await fetch(`${SHELL}/.well-known/jwks.json`, { signal: AbortSignal.timeout(3_000) });
    const found = (await answer.json()).keys;
    keys = new Map(found.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: "jwk" })]));
  }
  return keys.get(kid);
}

const read = (part) => JSON.parse(Buffer.from(part, "base64url"));

/** The claims of whoever asks. Nothing else in a request says who that is. */
async function person(request) {
  const no = new Refused(401, "Come through the portal.");
  try {
    const [head, body, signature, more] = (request.headers["portal-identity"] ?? "").split(".");
    const header = read(head);
    const signer = header.alg === "ES256" && header.typ === "portal-identity+jwt" ? await key(header.kid) : undefined;
    if (!signer || more !== undefined) throw no;
    const proof = { key: signer, dsaEncoding: "ieee-p1363" };
    if (!verify("sha256", Buffer.from(`${head}.${body}`), proof, Buffer.from(signature, "base64url"))) throw no;
    const claims = read(body);
    const now = Date.now() / 1000;
    const inTime = claims.exp > now - 5 && claims.nbf < now + 5 && claims.exp - claims.iat <= 65;
    if (claims.iss !== SHELL || claims.aud !== NAME || !claims.sub || !inTime) throw no;
    return claims;
  } catch {
    throw no;
  }
}

const escape = (text) => String(text).replace(/[&<>"']/g, (mark) => `&#${mark.codePointAt(0)};`);

const page = (hello, who, word) => `
<h1>${hello}, ${escape(who.name)}</h1>
<p>This page is written by a stranger, in another language. The shell has put it into the portal's frame.</p>
<form method="post">
  <input type="hidden" name="csrf_token" value="${escape(who.csrf)}">
  <label>A word to send back <input name="word" maxlength="30" required></label> <button>Send it</button>
</form>
${word ? `<p>You sent: ${escape(word)}</p>` : ""}`;

async function form(request) {
  let text = "";
  for await (const piece of request) {
    text += piece;
    if (text.length > LARGEST) throw new Refused(413, "That is too long.");
  }
  return new URLSearchParams(text);
}

function same(given, expected) {
  const [one, other] = [Buffer.from(given ?? ""), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

async function hello(request) {
  const who = await person(request);
  const sent = request.method === "POST" ? await form(request) : new URLSearchParams();
  if (request.method === "POST" && !same(sent.get("csrf_token"), who.csrf)) {
    throw new Refused(403, "The request did not come from this page.");
  }
  const language = request.headers["portal-locale"] === "fr" ? "fr" : "en";
  const headers = { "Portal-Title": encodeURIComponent(HELLO[language]), "Content-Language": language };
  return { headers, body: page(HELLO[language], who, sent.get("word")) };
}

async function answer(request) {
  const { pathname } = new URL(request.url, "http://here");
  const json = { "Content-Type": "application/json" };
  if (pathname === "/manifest.json") return { headers: json, body: JSON.stringify(MANIFEST) };
  if (pathname === "/health/ready") return { headers: json, body: '{"status": "ready"}' };
  if (pathname !== "/") throw new Refused(404, "Nothing is here.");
  if (!["GET", "HEAD", "POST"].includes(request.method)) throw new Refused(405, "This cannot be done here.");
  return hello(request);
}

const server = createServer(async (request, response) => {
  let told;
  try {
    told = await answer(request);
  } catch (error) {
    const [status, sentence] = error instanceof Refused ? [error.status, error.message] : [500, "That did not work."];
    told = { status, body: `<h1>${status}</h1><p>${sentence}</p>` };
  }
  const kind = { "Content-Type": "text/html; charset=utf-8" };
  response.writeHead(told.status ?? 200, { ...kind, ...SAFE, "Portal-Version": VERSION, ...told.headers });
  response.end(told.body);
});
server.keepAliveTimeout = 75_000; // longer than the shell keeps an idle connection, so that none is cut while in use
server.listen(Number(process.env.PORT ?? 8100), "localhost");
