"""What passes over the interface `audit`, word by word; the reference page is written from here."""

AUDIT_ROUTES = {
    "GET /api/audit": "Entries, the newest first: `entries`, `next` (the `before` of the next page, or null), "
    "`total_known` (how many there are, counted up to 10,000) and `total_exact`.",
    "GET /api/audit/<number>": "One entry as evidence: `entry`, `hash`, `head`, `proof` (the path of RFC 6962 from the "
    "entry to the head's root) and `keys`. `bizops audit verify` takes the answer as a file.",
    "GET /api/audit/integrity": "Whether the audit is what it was, as far as the app can tell by itself.",
    "GET /api/audit/export": "JSON Lines for `bizops audit verify`; `from` names the first entry.",
}

AUDIT_QUERY = {
    "from, to": "Times (ISO 8601; without a zone they are UTC) or days of UTC; `to` is excluded when it is a time.",
    "actor": "A subject or a login name.",
    "action, target": "As they are; what ends in `*` means all that begin so.",
    "outcome": "One, or several separated by commas.",
    "participant, task": "As they are.",
    "before, limit": "Where the page begins, and how many entries it may have (50; at most 500).",
}

AUDIT_ENTRY = {
    "seq": "Its number: 1, 2, 3 ... without a gap.",
    "at": "When (UTC, microseconds); never earlier than the entry before.",
    "app, version": "The app and its version.",
    "actor": "`subject`, `name`, `username`, `roles`, `session`, `participants`, as they were at the time; `kind` is "
    "`machine` for a client that came with an access token, and absent for people.",
    "action": "What was done or tried: `login`, `route.refused`, `<app>.<action>`.",
    "target": "The object with its kind: `person:u-105`.",
    "participant": "The participant that is acted for or concerned.",
    "before, after, detail": "Facts by name; amounts are text.",
    "reason": "Why, in the actor's words.",
    "outcome": "How it ended: `done`, `refused`, `read` ...; `intent` is written before the hub is called.",
    "task": "What binds an outcome to its intent, and decisions to their request.",
    "request_id, trace_id": "The request that caused it.",
    "previous": "The hash of the entry before; sixty-four zeros for the first.",
    "hash": "SHA-256 (hex) of a zero byte and the canonical entry without this field: JSON with sorted keys, no "
    "spaces, UTF-8. It is the leaf's hash in the tree of RFC 6962.",
}

AUDIT_INTEGRITY = {
    "app, size, root": "The app, how many entries, and the root of the tree over them.",
    "verified": "True when every entry up to the last has been verified and nothing was found.",
    "verified_size, verified_at": "How far, and when. A long audit is verified over several requests.",
    "read_again_since": "The time since which all older entries have been read again.",
    "fault, problem, first_bad": "What is wrong, in a word and in a sentence, and the first bad entry.",
    "head": "The newest signed head: `app`, `size`, `root`, `at`, `key`, `signature` (hex). Keep it elsewhere: it "
    "shows later that nothing was taken back. Signed with Ed25519 are the words `bizops audit head`, a line feed and "
    "the canonical head without its signature.",
    "since (query), consistency": "The size of a head seen before, and the proof that the new one continues it.",
    "keys": "The public keys as a JWK set.",
    "open_intents": "Entries of changes of which nobody knows how they ended.",
}
