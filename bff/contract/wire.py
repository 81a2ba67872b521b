"""What may pass between the shell and a micro-frontend, header by header; whatever is not named here does not pass."""

PORTAL_HEADERS = {
    "Portal-Identity": "Who asks: a JWT (`portal-identity+jwt`, ES256) for this app alone, for 60 s; "
    "keys: `/.well-known/jwks.json`.",
    "Portal-Mount": "The path under which the browser sees the micro-frontend, `/garden` for instance.",
    "Portal-Locale": "The language of the answer: `en` or `fr`.",
    "Portal-Time-Zone": "The hub's time zone (IANA name).",
    "Portal-Nonce": "The nonce of the page's policy; stamp it as `hx-nonce` on every element with `hx-` attributes.",
    "traceparent": "W3C trace context.",
    "X-Request-Id": "The reference that people quote to support.",
}

IDENTITY_CLAIMS = {
    "iss": "The shell's base URL.",
    "aud": "The micro-frontend's name, one string.",
    "sub": "The person, stable for ever.",
    "name": "Display name.",
    "username": "Login name, for the hub's own records.",
    "participants": "Names of the participants whose data the person may see; empty for hub staff.",
    "hub": "True for hub staff: sees every participant when `participants` is empty.",
    "permissions": "This micro-frontend's permissions, and no other's.",
    "roles": "Names of the person's roles.",
    "csrf": "The session's token: a change must carry it as `X-CSRF-Token` or as the form field `csrf_token`.",
    "sid": "A hash of the session's id.",
    "acr, amr, auth_time": "How and when the person last logged in.",
    "iat, nbf, exp, jti": "Times in seconds, and an id of its own.",
}

REQUEST_HEADERS = (
    "Accept",
    "Content-Type",
    "Content-Length",
    "Range",
    "If-None-Match",
    "If-Modified-Since",
    "HX-*",
    "X-CSRF-Token",
    "Idempotency-Key",
    "Portal-Poll",
)

ANSWER_HEADERS = (
    "Accept-Ranges",
    "Cache-Control",
    "Content-Disposition",
    "Content-Language",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "ETag",
    "HX-Location",
    "HX-Push-Url",
    "HX-Redirect",
    "HX-Replace-Url",
    "HX-Reselect",
    "HX-Reswap",
    "HX-Retarget",
    "HX-Trigger",
    "Last-Modified",
    "Location",
    "Retry-After",
    "Server-Timing",
    "Vary",
)
