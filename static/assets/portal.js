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
  const CHOICES = ["theme", "rows", "nav"];
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
    if (dialog().open) dialog().close();
    if (find("#nav:popover-open")) find("#nav").hidePopover();
    markCurrent();
    if (refused) refused.focus();
    else if (moved || document.activeElement === document.body) main().focus({ preventScroll: true });
    announce((moved && ctx.title) || find(".pages span", main())?.textContent || "");
    if (ctx.title) ctx.title += root.dataset.titleEnd;
  };
  const opened = () => {
    const heading = find("h1", dialog());
    dialog().setAttribute("aria-label", heading ? heading.textContent : "");
    if (!dialog().open) dialog().showModal();
    (find("[data-errors], [aria-invalid], [autofocus]", dialog()) || dialog()).focus();
  };
  const targetOf = (ctx) => (typeof ctx.target === "string" ? find(ctx.target) : ctx.target);
  heard("after:swap", ({ ctx }) => {
    const target = targetOf(ctx);
    if (target) delete target.dataset.stale;
    if (target === main()) arrived(ctx);
    else if (target === dialog()) opened();
  });
  on("click", "#dialog [data-close]", (_link, event) => {
    event.preventDefault();
    event.stopPropagation();
    dialog().close();
  }, true);

  // A change is sent once, the newer navigation wins, what is no page is not shown as one.
  let going = null;
  heard("config:request", ({ ctx: { request } }, event) => {
    const { form, method, body } = request;
    if (form && method !== "GET" && form.dataset.busy) event.preventDefault();
    if (form && method === "GET") for (const key of new Set(body.keys())) if (!body.getAll(key).some(Boolean)) body.delete(key);
  });
  heard("before:request", ({ ctx }) => {
    const { request } = ctx;
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
  const isPage = ({ response }) => /^text\/html/.test(response.headers.get("content-type"));
  heard("before:response", ({ ctx }, event) => {
    if (ctx.request.method !== "GET" || ctx.response.status !== 200 || isPage(ctx)) return;
    event.preventDefault();
    location.assign(ctx.request.action);
  });
  heard("before:swap", ({ ctx }, event) => {
    const status = ctx.response?.status;
    if (!(status >= 400) || (isPage(ctx) && (status < 500 || ctx.text.includes("data-portal-error")))) return;
    event.preventDefault();
    lost(ctx);
  });
  heard("error", ({ ctx }) => { if (ctx) lost(ctx) });
  const lost = (ctx) => {
    const target = targetOf(ctx);
    if (target !== main() && target !== dialog()) return target && (target.dataset.stale = "");
    const place = dialog().open ? dialog() : main();
    find(".lost", place)?.remove();
    const said = find("#lost").content.firstElementChild.cloneNode(true);
    said.classList.add("lost");
    place.prepend(said);
    if (place === main()) scrollTo(0, 0);
  };

  // Going back asks the server again: nothing is stored.
  heard("before:history:update", ({ history: { path }, sourceElement, response }, event) => {
    const answered = sourceElement?.matches?.("form[method=post]") && !response?.raw?.redirected;
    if (answered || path === location.pathname + location.search) event.preventDefault();
    else history.replaceState({ ...history.state, y: scrollY }, "");
  });
  heard("before:history:restore", ({ path }, event) => {
    event.preventDefault();
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

  // Go to a page by its name; the entries are the navigation's.
  const palette = () => find("#palette");
  const list = (words) => {
    const fits = (link) => link.textContent.toLowerCase().includes(words.toLowerCase());
    const options = all("#nav a[href]").filter(fits).map((link, index) => {
      const option = document.createElement("li");
      const group = document.createElement("small");
      group.textContent = link.closest(".group").firstElementChild.textContent;
      option.append(link.textContent.trim(), group);
      option.id = "option-" + index;
      option.role = "option";
      option.addEventListener("click", () => { palette().close(); link.click() });
      return option;
    });
    find("ul", palette()).replaceChildren(...options);
    select(0);
  };
  const select = (index) => {
    const options = all("li", palette());
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    options[index]?.scrollIntoView({ block: "nearest" });
    find("input", palette()).setAttribute("aria-activedescendant", options[index]?.id || "");
  };
  const openPalette = () => {
    if (!find("#nav") || palette().open) return;
    find("input", palette()).value = "";
    palette().showModal();
    list("");
  };
  on("click", "[data-palette]", openPalette);
  on("input", "#palette input", (input) => list(input.value));
  on("keydown", "#palette input", (_input, event) => {
    const options = all("li", palette());
    const now = options.findIndex((option) => option.ariaSelected === "true");
    if (event.key === "Enter") options[now]?.click();
    else if (event.key === "ArrowDown") select(Math.min(now + 1, options.length - 1));
    else if (event.key === "ArrowUp") select(Math.max(now - 1, 0));
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    }
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
    tick();
    setInterval(tick, 5000);
  });
})();
