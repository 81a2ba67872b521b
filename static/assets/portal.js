/* What the page does by itself, on top of htmx 4. A comfort: without it each page still reads and works.
   It writes no HTML (Trusted Types). */
(() => {
  const root = document.documentElement;
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const on = (type, selector, act, capture) => document.addEventListener(type, (event) => {
    const hit = event.target.closest?.(selector);
    if (hit) act(hit, event);
  }, capture);
  const heard = (name, act) => document.addEventListener("htmx:" + name, (event) => act(event.detail, event));

  // What the reader chose in this browser, set before the first paint.
  const CHOICES = ["theme", "rows", "nav", "keys"];
  const recall = (name) => { try { return localStorage.getItem("portal-" + name) || "" } catch { return "" } };
  const choose = (name, value) => {
    if (value) root.dataset[name] = value; else delete root.dataset[name];
    for (const button of all(`[data-set="${name}"]`)) button.setAttribute("aria-pressed", String(button.value === value));
  };
  root.dataset.js = "";
  CHOICES.forEach((name) => choose(name, recall(name)));
  on("click", "[data-set]", (button) => {
    const name = button.dataset.set;
    const value = name === "nav" && root.dataset.nav ? "" : button.value;
    try { localStorage.setItem("portal-" + name, value) } catch { }
    choose(name, value);
  });

  // The frame follows what main shows.
  const main = () => find("#main");
  const dialog = () => find("#dialog");
  const announce = (text) => { find("#announce").textContent = text };
  let shown = location.pathname;
  let here = location.href;
  const markCurrent = () => {
    const links = all("#nav a[href]");
    const fits = ({ pathname }) => (location.pathname + "/").startsWith(pathname === "/" ? "//" : pathname + "/");
    const best = links.filter(fits).sort((a, b) => b.pathname.length - a.pathname.length)[0];
    for (const link of links) link === best ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  };
  const arrived = (ctx) => {
    const moved = shown !== location.pathname;
    const refused = find("[data-errors]", main());
    shown = location.pathname;
    here = location.href;
    if (refused) typedAgain(main());
    if (dialog().open) dialog().close();
    if (find("#nav:popover-open")) find("#nav").hidePopover();
    markCurrent();
    tab();
    if (refused) refused.focus();
    else if (moved || document.activeElement === document.body) main().focus({ preventScroll: true });
    announce((moved && ctx.title) || find(".pages span", main())?.textContent || "");
    if (ctx.title) ctx.title += root.dataset.titleEnd;
  };
  const opened = () => {
    const heading = find("h1", dialog());
    dialog().setAttribute("aria-label", heading ? heading.textContent : "");
    if (!dialog().open) dialog().showModal();
    if (find("[data-errors]", dialog())) typedAgain(dialog());
    (find("[data-errors], [aria-invalid], [autofocus]", dialog()) || dialog()).focus();
  };
  const targetOf = (ctx) => (typeof ctx.target === "string" ? find(ctx.target) : ctx.target);
  heard("after:swap", ({ ctx }) => {
    const target = targetOf(ctx);
    if (target) delete target.dataset.stale;
    if (target === main()) arrived(ctx);
    else if (target === dialog()) opened();
    else if (target?.id === "palette-found") list(find("input", palette()).value);
  });
  on("click", "#dialog [data-close]", (_link, event) => {
    event.preventDefault();
    event.stopPropagation();
    dialog().close();
  }, true);

  // A page whose reading is no event is asked for while one rests on its link; kept for seconds, shown once.
  const REST = 80, KEPT = 5000;
  let ahead = null, resting;
  const rest = (link) => {
    if (navigator.connection?.saveData || !navigator.onLine || link.pathname === location.pathname) return;
    if (ahead?.href === link.href && Date.now() < ahead.until) return;
    const headers = { Accept: "text/html", "HX-Request": "true", "HX-Boosted": "true", "HX-Current-URL": location.href };
    ahead = { href: link.href, until: Date.now() + KEPT, answer: fetch(link.href, { headers }) };
    ahead.answer.catch(() => { });
  };
  const fromAhead = (ctx) => {
    const kept = ahead;
    ahead = null;
    clearTimeout(resting);
    const wanted = new URL(ctx.request.action, location.href).href;
    if (kept?.href !== wanted || Date.now() > kept.until) return;
    ctx.fetch = (...asked) => kept.answer.then((answer) => (answer.ok ? answer : fetch(...asked)), () => fetch(...asked));
  };
  for (const type of ["pointerover", "focusin"]) on(type, "a[data-ahead]", (link) => {
    clearTimeout(resting);
    resting = setTimeout(() => rest(link), REST);
  });
  for (const type of ["pointerout", "focusout"]) on(type, "a[data-ahead]", () => clearTimeout(resting));

  // A change is sent once, the newer navigation wins, what is no page is not shown as one.
  let going = null;
  heard("config:request", ({ ctx }, event) => {
    const { form, method, body } = ctx.request;
    if (form && method !== "GET" && form.dataset.busy) event.preventDefault();
    if (targetOf(ctx)?.id === "palette-found" && ctx.sourceElement.value.trim().length < 2) event.preventDefault();
    if (!navigator.onLine && !event.defaultPrevented) {
      event.preventDefault();
      lost(ctx);
    }
    if (!form && targetOf(ctx) === main()) fromAhead(ctx);
    if (form && method === "GET") for (const key of new Set(body.keys())) if (!body.getAll(key).some(Boolean)) body.delete(key);
  });
  heard("before:request", ({ ctx }) => {
    const { request } = ctx;
    if (request.method !== "GET") ahead = null;
    if (request.form && request.method !== "GET") busy(request.form, true);
    if (request.method === "GET" && targetOf(ctx) === main()) {
      going?.abort();
      going = request;
    }
  });
  heard("finally:request", ({ ctx: { request } }) => { if (request.form) busy(request.form, false) });
  const busy = (form, yes) => {
    if (yes) form.dataset.busy = "1"; else delete form.dataset.busy;
    for (const button of all("button", form)) button.disabled = yes;
  };
  heard("before:response", ({ ctx }, event) => {
    const { form, method, headers } = ctx.request;
    if (ctx.response.status !== 401 || (method === "GET" && !typed().length && !headers["Portal-Poll"])) return;
    event.preventDefault();
    if (form && method !== "GET") form.dataset.changed = "";
    over();
  });
  const isPage = ({ response }) => /^text\/html/.test(response.headers.get("content-type"));
  heard("before:response", ({ ctx }, event) => {
    if (ctx.request.method !== "GET" || ctx.response.status !== 200 || isPage(ctx)) return;
    event.preventDefault();
    location.assign(ctx.request.action);
  });
  heard("before:swap", ({ ctx }, event) => {
    const status = ctx.response?.status;
    const place = [main(), dialog()].includes(targetOf(ctx)); // a badge, or a panel, keeps what it showed
    if (!(status >= 400) || (isPage(ctx) && (status < 500 || (place && ctx.text.includes("data-portal-error"))))) return;
    event.preventDefault();
    lost(ctx);
  });
  heard("error", ({ ctx }) => { if (ctx) lost(ctx) });
  const lost = (ctx) => {
    const target = targetOf(ctx);
    const { form, method } = ctx.request;
    if (form && method !== "GET") form.dataset.changed = "";
    if (target !== main() && target !== dialog()) return target && (target.dataset.stale = "");
    const place = dialog().open ? dialog() : main();
    find(".lost", place)?.remove();
    const said = find("#lost").content.firstElementChild.cloneNode(true);
    const button = find("[data-again]", said);
    said.classList.add("lost");
    place.prepend(said);
    if (place === main()) scrollTo(0, 0);
    if (method !== "GET") return button.parentElement.remove();
    const source = ctx.sourceElement;
    const again = () => {
      if (!said.isConnected) return;
      if (source.matches?.("a[href], form") && source.isConnected) source.matches("form") ? source.requestSubmit() : source.click();
      else location.assign(ctx.request.action);
    };
    const wait = Number(ctx.response?.headers.get("Retry-After"));
    button.addEventListener("click", again);
    addEventListener("online", again, { once: true });
    if (wait > 0 && wait <= 60) setTimeout(again, wait * 1000);
  };
  const connected = () => { find("#offline").hidden = navigator.onLine };
  addEventListener("online", connected);
  addEventListener("offline", connected);

  // What was typed is not left behind unasked. What is picked in a table is no typing.
  const typed = () => all("form[method=post][data-changed]");
  const typedAgain = (place) => { for (const form of all("form[method=post]:has(.field)", place)) form.dataset.changed = "" };
  on("input", "form[method=post]", (form, { target }) => { if (!target.closest("table")) form.dataset.changed = "" });
  on("submit", "form[method=post]", (form) => { delete form.dataset.changed });
  let leaving;
  const leave = (go) => {
    leaving = go;
    find("#leave").showModal();
  };
  on("click", "[data-leave]", ({ dataset }) => {
    find("#leave").close();
    if (!dataset.leave) return;
    for (const form of typed()) delete form.dataset.changed;
    leaving();
  });
  const instead = (event, go) => {
    if (!typed().length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    leave(go);
  };
  on("click", "a[href]:not([target], [hx-get], [data-close], [data-palette], [href^='#'])", (link, event) => {
    if (!(event.button || event.ctrlKey || event.metaKey || event.shiftKey)) instead(event, () => link.click());
  }, true);
  on("submit", "form[method=get]:not([hx-target])", (form, event) => instead(event, () => form.requestSubmit()), true);
  addEventListener("beforeunload", (event) => { if (typed().length) event.preventDefault() });

  // Before the session ends by itself one is told; afterwards somebody signs in and goes on where they were.
  const WARNED = 120;
  const box = () => find("#session");
  let looking, looked = Date.now();
  const later = (seconds) => {
    clearTimeout(looking);
    looking = setTimeout(look, seconds * 1000);
  };
  const look = async (poll = true) => {
    looked = Date.now();
    try {
      const answer = await fetch("/auth/session", { headers: poll ? { "Portal-Poll": "1" } : {} });
      if (answer.ok) return judge(await answer.json());
    } catch { }
    later(60);
  };
  const judge = ({ seconds, who, csrf }) => {
    if (!seconds) return over();
    if (who !== root.dataset.who) {
      for (const form of typed()) delete form.dataset.changed;
      return location.reload();
    }
    document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRF-Token": csrf }));
    for (const field of all("[name=csrf_token]")) field.value = csrf;
    later(seconds > WARNED ? Math.min(seconds - WARNED, 300) : Math.min(seconds + 1, 20));
    if (seconds > WARNED) return box().close();
    const end = new Date(Date.now() + seconds * 1000);
    find("time", box()).textContent = end.toLocaleTimeString("en-GB", { timeStyle: "short", timeZone: find("[data-clock]").dataset.clock });
    show(false);
  };
  const over = () => {
    const link = find("[data-over] a", box());
    link.href = "/auth/login?next=" + encodeURIComponent(typed().length ? "/" : location.pathname + location.search);
    if (typed().length) link.target = "_blank"; else link.removeAttribute("target");
    clearTimeout(looking);
    show(true);
  };
  const show = (ended) => {
    find("[data-ending]", box()).hidden = ended;
    find("[data-over]", box()).hidden = !ended;
    box().classList.toggle("ended", ended);
    if (!box().open) box().showModal();
  };
  on("click", "[data-stay]", () => look(false));
  on("cancel", "#session", (_box, event) => event.preventDefault(), true);
  document.addEventListener("visibilitychange", () => {
    if (root.dataset.who && !document.hidden && (box().open || Date.now() - looked > 60000)) look();
  });

  // Going back asks the server again: nothing is stored.
  heard("before:history:update", ({ history: { path }, sourceElement, response }, event) => {
    const answered = sourceElement?.matches?.("form[method=post]") && !response?.raw?.redirected;
    if (answered || path === location.pathname + location.search) return event.preventDefault();
    history.replaceState({ ...history.state, y: scrollY }, "");
    here = new URL(path, location.href).href;
  });
  heard("before:history:restore", ({ path }, event) => {
    event.preventDefault();
    if (typed().length) {
      history.pushState({ htmx: true }, "", here);
      return leave(() => history.back());
    }
    here = location.href;
    htmx.ajax("GET", path, { target: "#main", swap: "innerHTML show:none" }).then(() => scrollTo(0, history.state?.y || 0));
  });

  on("click", "[data-copy]", (button) => navigator.clipboard?.writeText(button.dataset.copy).then(() => {
    button.classList.add("copied");
    announce("✓ " + button.dataset.copy);
    setTimeout(() => button.classList.remove("copied"), 1200);
  }));

  // A click in a row follows its link, arrows move between rows.
  on("click", "tbody tr", (row, event) => {
    const link = find(".row-link", row);
    if (!link || event.target.closest("a, button, input, select, label, summary") || String(getSelection())) return;
    link.dispatchEvent(new MouseEvent("click", event));
  });
  on("keydown", ".row-link, .table-frame", (at, event) => {
    const links = all(".row-link", at.closest(".table-frame"));
    const now = links.indexOf(at);
    const next = { ArrowDown: now + 1, ArrowUp: Math.max(now - 1, 0), Home: 0, End: links.length - 1 }[event.key];
    if (next === undefined || !links[next]) return;
    event.preventDefault();
    links[next].focus();
  });

  // The tab one is on is in view, however many stand before it.
  const tab = () => {
    const at = find(".tabs [aria-current]", main());
    const row = at?.closest("ul");
    if (row) row.scrollLeft += at.getBoundingClientRect().left - row.getBoundingClientRect().left - 48;
  };

  // A table wider than its page scrolls in its own frame.
  const fit = () => {
    for (const table of all(".table:not([data-wide])")) {
      table.classList.remove("wide");
      const frame = find(".table-frame", table);
      if (frame && frame.scrollWidth > frame.clientWidth) table.classList.add("wide");
    }
  };
  addEventListener("resize", fit);
  heard("after:settle", fit);

  // <details> that are menus close as menus do.
  document.addEventListener("click", (event) => {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  on("keydown", "details.menu[open]", (menu, event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    find("summary", menu).focus();
  });

  // Go to a page by its name, to an object by its number or name: the menu's entries, then what apps found.
  const palette = () => find("#palette");
  const entry = (link, group, index) => {
    const option = document.createElement("li");
    const note = document.createElement("small");
    const more = find("small", link)?.textContent || "";
    note.textContent = [more, group].filter(Boolean).join(" · ");
    option.append(link.textContent.trim().slice(0, more ? -more.length : undefined).trim(), note);
    option.id = "option-" + index;
    option.role = "option";
    option.addEventListener("click", () => { palette().close(); link.click() });
    return option;
  };
  const list = (words) => {
    const fits = (link) => link.textContent.toLowerCase().includes(words.trim().toLowerCase());
    const found = words.trim().length < 2 ? [] : all("#palette-found a[href]");
    const links = [...all("#nav a[href]").filter(fits), ...found];
    const options = links.map((link, index) => entry(link, link.closest("section")?.firstElementChild.textContent, index));
    find("ul", palette()).replaceChildren(...options);
    find(".hint", palette()).hidden = options.length > 0;
    select(0);
  };
  const select = (index) => {
    const options = all("[role=option]", palette());
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    options[index]?.scrollIntoView({ block: "nearest" });
    find("input", palette()).setAttribute("aria-activedescendant", options[index]?.id || "");
  };
  const openPalette = () => {
    if (!find("#nav") || !palette() || palette().open) return;
    find("input", palette()).value = "";
    find("#palette-found").replaceChildren();
    palette().showModal();
    list("");
  };
  on("click", "[data-palette]", (_link, event) => {
    if (!find("#nav")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    openPalette();
  }, true);
  on("input", "#palette input", (input) => list(input.value));
  on("keydown", "#palette input", (_input, event) => {
    const options = all("[role=option]", palette());
    const now = options.findIndex((option) => option.ariaSelected === "true");
    if (event.key === "Enter") options[now]?.click();
    else if (event.key === "ArrowDown") select(Math.min(now + 1, options.length - 1));
    else if (event.key === "ArrowUp") select(Math.max(now - 1, 0));
    else return;
    event.preventDefault();
  });

  // Keys: Ctrl K always; single ones unless somebody types, a dialog is open, or they are off.
  const keys = () => find("#keys");
  const letters = () => {
    const taken = new Map([["h", find(".brand")]]);
    for (const link of all("#nav a[href]")) {
      const word = link.pathname.split("/").pop() + "abcdefghijklmnopqrstuvwxyz";
      const letter = [...word].find((each) => /[a-z]/.test(each) && !taken.has(each));
      if (letter) taken.set(letter, link);
    }
    return taken;
  };
  const openKeys = () => {
    if (!keys()) return;
    const known = find("dl", keys());
    for (const old of all("[data-menu]", known)) old.remove();
    for (const [letter, link] of letters()) {
      if (letter === "h") continue;
      const row = known.lastElementChild.cloneNode(true);
      row.dataset.menu = "";
      all("kbd", row)[1].textContent = letter;
      find("dd", row).textContent = link.textContent.trim();
      known.append(row);
    }
    keys().showModal();
  };
  on("click", "[data-keys]", openKeys);
  on("click", "[data-shut]", (button) => button.closest("dialog").close());
  let pressed = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return openPalette();
    }
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || root.dataset.keys || find("dialog[open]")) return;
    const link = Date.now() - pressed < 1500 && letters().get(event.key);
    const filter = find("#main .filters :is(input:not([type=hidden]), select)");
    pressed = event.key === "g" && !link ? Date.now() : 0;
    if (link) link.click();
    else if (event.key === "?") openKeys();
    else if (event.key === "/" && filter) filter.focus();
    else return;
    event.preventDefault();
  });

  const tick = () => {
    for (const clock of all("[data-clock]")) {
      const time = new Date().toLocaleTimeString("en-GB", { timeStyle: "short", timeZone: clock.dataset.clock });
      clock.textContent = clock.textContent.replace(/^\S+/, time);
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    CHOICES.forEach((name) => choose(name, recall(name)));
    dialog()?.addEventListener("close", () => dialog().replaceChildren());
    fit();
    tab();
    tick();
    setInterval(tick, 5000);
    if (root.dataset.who) later(Math.min(root.dataset.idle - WARNED, 300));
  });
})();
