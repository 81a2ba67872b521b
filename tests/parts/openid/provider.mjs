// A second OpenID provider: the certified `oidc-provider`, with our clients, our people and a sign-in page of its own.
//
// node provider.mjs OPTIONS.json PORT     (the packages are found where this file lies)
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider, { interactionPolicy } from 'oidc-provider';

const { issuer, clients, people, audience } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const ALGORITHM = 'PS256';
const SCOPE = 'openid profile email';
const SIGN_IN_CLAIMS = { acr: null, amr: null, auth_time: null, sid: null, iss: null };
const PROFILE = ['name', 'preferred_username'];

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: ALGORITHM };
}

function account(subject) {
  const person = people.find((each) => each.subject === subject);
  if (!person) return undefined;
  const { name, username, email } = person;
  return { accountId: subject, claims: async () => ({ sub: subject, name, preferred_username: username, email }) };
}

// The portal belongs to whoever runs the provider: nobody is asked whether it may know who they are.
async function granted(ctx) {
  const { client, session, provider } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const old = known && (await provider.Grant.find(known));
  if (old) return old;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(SCOPE);
  grant.addOIDCClaims([...Object.keys(SIGN_IN_CLAIMS), ...PROFILE, 'email']);
  await grant.save();
  return grant;
}

const wants = (params, acr) => (params.acr_values ?? '').split(' ').includes(acr);

function policy() {
  const prompts = interactionPolicy.base();
  const secondFactor = (ctx) => wants(ctx.oidc.params, 'mfa') && ctx.oidc.acr !== 'mfa';
  prompts.get('login').checks.add(new interactionPolicy.Check('acr_values', 'a second factor is wanted', secondFactor));
  return prompts;
}

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><main><h1>${title}</h1>${body}</main></html>`;
}

function signInPage(uid, params) {
  const code = wants(params, 'mfa') ? '<label>One-time code <input name="code"></label>' : '';
  return page(
    'Sign in',
    `<form method="post" action="/interaction/${uid}"><label>User name <input name="username"></label>
     <label>Password <input name="password" type="password"></label>${code}<button>Sign in</button></form>`,
  );
}

async function form(request) {
  let body = '';
  for await (const piece of request) body += piece;
  return Object.fromEntries(new URLSearchParams(body));
}

async function interaction(ctx) {
  const { uid, params } = await provider.interactionDetails(ctx.req, ctx.res);
  const typed = ctx.method === 'POST' ? await form(ctx.req) : {};
  const person = people.find((each) => each.username === typed.username && each.password === typed.password);
  const strong = wants(params, 'mfa');
  if (!person || (strong && typed.code !== person.code)) {
    ctx.status = ctx.method === 'POST' ? 401 : 200;
    ctx.type = 'html';
    ctx.body = signInPage(uid, params);
    return;
  }
  const how = strong ? { acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] } : { acr: 'pwd', amr: ['pwd'] };
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: person.subject, ...how } }));
}

const configuration = {
  clients: clients.map((client) => ({ id_token_signed_response_alg: ALGORITHM, ...client })),
  cookies: { keys: ['signs cookies of tests'] },
  acrValues: ['pwd', 'mfa'],
  claims: { ...SIGN_IN_CLAIMS, openid: ['sub'], profile: PROFILE, email: ['email'] },
  enabledJWA: { idTokenSigningAlgValues: [ALGORITHM] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: {
      logoutSource: (ctx, hidden) => {
        ctx.body = page('Sign out', `${hidden}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
      },
    },
    resourceIndicators: {
      enabled: true,
      // Without a resource an access token is opaque, and opens the provider's own endpoints only.
      defaultResource: () => undefined,
      getResourceServerInfo: () => ({
        scope: '', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: ALGORITHM } },
      }),
    },
  },
  findAccount: (_ctx, subject) => account(subject),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}`, policy: policy() },
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  loadExistingGrant: granted,
  rotateRefreshToken: true,
  ttl: { AccessToken: 300, ClientCredentials: 300, Grant: 36000, IdToken: 300, Interaction: 600, RefreshToken: 36000, Session: 36000 },
  // It refuses loopback by itself. Here everything is on loopback, the back channel too.
  fetch: (url, { dispatcher: _ours, ...options }) => globalThis.fetch(url, options),
};

let keys = [newKey()];
let provider;
let answer;

// With other keys it is another object, and what it remembers of sessions and tokens is the same.
function begin() {
  provider = new Provider(issuer, { ...configuration, jwks: { keys } });
  provider.use((ctx, next) => (ctx.path.startsWith('/interaction/') ? interaction(ctx) : next()));
  provider.on('server_error', (_ctx, problem) => console.error(problem));
  provider.on('backchannel.error', (_ctx, problem) => console.error(problem));
  answer = provider.callback();
}

// The new key signs from now on; the old one stays known, as long as there are tokens that it has signed.
function rotate(response) {
  keys = [newKey(), ...keys];
  begin();
  response.end();
}

begin();
createServer((request, response) => (request.url === '/rotate-keys' ? rotate(response) : answer(request, response)))
  .listen(Number(process.argv[3]), '127.0.0.1');
