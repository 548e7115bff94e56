// What the pages do beyond HTML: search, filters, copying, lighting up a diagram. Every page can be read without it.
"use strict";

(() => {
  const root = new URL("../", document.currentScript.src);
  const all = (selector, place = document) => [...place.querySelectorAll(selector)];
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // Search: Pagefind's index is fetched in small pieces, when somebody first types.

  let engine;
  const loadEngine = () => {
    engine ??= import(new URL("pagefind/pagefind.js", root)).then(async (pagefind) => {
      await pagefind.options({ baseUrl: root.pathname, excerptLength: 22 });
      return pagefind;
    });
    return engine;
  };

  // Pagefind escapes the text of its excerpts and adds <mark>; only these marks are let through.
  const marked = (html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html").body;
    return [...parsed.childNodes].map((node) =>
      node.nodeName === "MARK" ? make("mark", {}, node.textContent) : node.textContent);
  };

  const hit = (page) => {
    const inner = page.sub_results.filter((part) => part.url !== page.url)
      .sort((one, other) => other.locations.length - one.locations.length).slice(0, 3);
    return make("li", {},
      make("span", { class: "hits__kind" }, page.meta.kind ?? ""),
      make("a", { href: page.url }, page.meta.title),
      make("p", {}, ...marked(page.excerpt)),
      ...(inner.length ? [make("ul", {}, ...inner.map((part) => make("li", {}, make("a", { href: part.url }, part.title))))] : []));
  };

  const searchIn = (form, most) => {
    const input = form.querySelector("input");
    const found = form.querySelector("[data-found]");
    const said = make("p", { class: "search__said", role: "status" });
    const list = make("ul", { class: "hits" });
    found.append(said, list);

    const show = async () => {
      const words = input.value.trim();
      found.hidden = !words;
      if (!words) return;
      try {
        const answer = await (await loadEngine()).debouncedSearch(words, {}, 120);
        if (!answer) return;
        const pages = await Promise.all(answer.results.slice(0, most).map((result) => result.data()));
        if (input.value.trim() !== words) return;
        said.textContent = answer.results.length ? `${answer.results.length} found` : "Nothing found. Fewer or other words?";
        list.replaceChildren(...pages.map(hit));
      } catch {
        said.textContent = "The search index cannot be read. It needs pages that come over http.";
      }
    };
    input.addEventListener("input", show);
    input.addEventListener("focus", show);
    form.addEventListener("keydown", (event) => step(event, form, input, found));
    return show;
  };

  const step = (event, form, input, found) => {
    if (event.key === "Escape") {
      found.hidden = true;
      input.focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [input, ...all("a", found)];
    const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    if (stops[next]) {
      event.preventDefault();
      stops[next].focus();
    }
  };

  for (const form of all("[data-search]")) {
    searchIn(form, 6);
    document.addEventListener("click", (event) => {
      if (!form.contains(event.target)) form.querySelector("[data-found]").hidden = true;
    });
    form.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !form.contains(event.relatedTarget)) form.querySelector("[data-found]").hidden = true;
    });
  }

  for (const place of all("[data-search-page]")) {
    const input = make("input", { type: "search", id: "search-page", autocomplete: "off", name: "q" });
    const form = make("form", { class: "search", role: "search", "aria-label": "Search the whole site" },
      make("label", { for: "search-page" }, "What are you looking for?"), input, make("div", { class: "search__found", "data-found": "", hidden: "" }));
    place.append(form);
    form.addEventListener("submit", (event) => event.preventDefault());
    const show = searchIn(form, 30);
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    show();
  }

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      document.getElementById("search-box").focus();
    }
  });

  // Filters.

  const plural = (number, noun) => `${number} ${number === 1 ? noun.replace(/s$/, "") : noun}`;

  for (const form of all("[data-filter]")) {
    const rows = all(form.dataset.filter);
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const words = form.querySelector("[data-words]");
    const choices = all("[data-by]", form);
    const said = form.querySelector("[data-said]");
    const nothing = document.querySelector("[data-nothing]");

    const fits = (row) =>
      words.value.toLowerCase().split(/\s+/).every((word) => texts.get(row).includes(word)) &&
      choices.every((choice) => {
        if (!choice.value) return true;
        const has = row.dataset[choice.dataset.by] ?? "";
        return "within" in choice.dataset ? has.split(" ").includes(choice.value) : has === choice.value;
      });

    const apply = () => {
      for (const row of rows) row.hidden = !fits(row);
      const left = rows.filter((row) => !row.hidden).length;
      said.textContent = left === rows.length ? plural(left, said.dataset.said) : `${left} of ${plural(rows.length, said.dataset.said)}`;
      if (nothing) nothing.hidden = left > 0;
      for (const group of all("[data-group]")) group.hidden = !rows.some((row) => group.contains(row) && !row.hidden);
    };
    const clear = () => {
      form.reset();
      for (const choice of choices) choice.value = "";
      apply();
    };

    form.addEventListener("input", (event) => {
      for (const choice of choices) if (choice.type === "hidden" && event.target !== choice) choice.value = "";
      apply();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    nothing?.querySelector("[data-reset]").addEventListener("click", () => { clear(); words.focus(); });
    for (const link of all("[data-square]")) {
      if (link.tagName !== "A") continue;
      link.addEventListener("click", () => {
        clear();
        choices.find((choice) => choice.dataset.by === "square").value = link.dataset.square;
        apply();
      });
    }
    apply();
  }

  // Copying.

  for (const box of all(".copyable")) {
    const text = box.querySelector("code").textContent;
    const label = box.querySelector("pre").getAttribute("aria-label");
    const button = make("button", { type: "button", "aria-label": `Copy: ${label}` }, "Copy");
    button.addEventListener("click", async () => {
      await copy(text, box);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    box.append(button);
  }

  async function copy(text, box) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // not over https, or not allowed
      getSelection().selectAllChildren(box.querySelector("code"));
      document.execCommand("copy");
    }
  }

  // What a link leads to is opened; what is printed is open.

  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    const row = target.closest("[data-threat-row]");
    if (row?.hidden) document.querySelector("[data-reset]").click();
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => {
    const scheme = document.body.dataset.mdColorScheme;
    for (const box of all("details:not(.fall)")) box.open = true;
    document.body.dataset.mdColorScheme = "default"; // paper is white
    addEventListener("afterprint", () => { document.body.dataset.mdColorScheme = scheme; }, { once: true });
  });

  for (const place of all("[data-due]")) {
    if (place.dataset.due < new Date().toISOString().slice(0, 10)) {
      place.textContent = ` review overdue since ${place.dataset.due}`;
      place.classList.add("overdue");
    }
  }

  // Diagrams.

  const diagram = document.querySelector('.dfd[data-level="1"]');
  if (diagram) {
    const panel = diagram.querySelector("[data-panel]");
    const about = diagram.querySelector("[data-about]");
    const select = panel.querySelector("[data-light]");
    const hint = panel.querySelector(".dfd__hint");
    panel.hidden = false;

    // What can be lit up is named once more, for the choice, when somebody comes near it.
    const marked = all("[data-marks]");
    const optionOf = (value, text) => make("option", { value }, text);
    const group = (label, options) => {
      if (options.length) select.append(make("optgroup", { label }, ...options));
    };
    const fill = () => {
      if (select.options.length > 1) return;
      group("Threats", all("[data-threat-row] h3").map((heading) => optionOf(heading.id, heading.textContent)));
      group("Ways of untrusted data", marked.flatMap((row, place) =>
        "element" in row.dataset ? [] : [optionOf(`marks-${place}`, row.dataset.name)]));
      group("What falls with an element", marked.flatMap((row, place) =>
        "element" in row.dataset ? [optionOf(`marks-${place}`, row.dataset.name)] : []));
    };
    for (const kind of ["pointerenter", "focusin", "touchstart"]) diagram.addEventListener(kind, fill, { passive: true });

    // An id in the picture: el-key, fl-key, zo-key; `.2` behind it for another arrow of the same flow.
    const keyOf = (id) => id.replace(/^(el|fl|zo|l0)-/, "").replace(/\.\d+$/, "");
    const parts = all(".node, .edge, .cluster", diagram).map((part) => ({ part, id: part.id, key: keyOf(part.id) }))
      .concat(all(".mark", diagram).map((part) => ({ part, id: part.dataset.flow, key: keyOf(part.dataset.flow) })));

    const unmark = () => {
      diagram.classList.remove("is-marked");
      for (const word of all(".word", diagram)) word.remove();
    };
    const light = (keys) => {
      unmark();
      const wanted = new Set(keys.filter(Boolean));
      diagram.classList.toggle("is-lit", wanted.size > 0);
      for (const { part, key } of parts) part.classList.toggle("is-on", wanted.has(key));
    };
    // Marks name parts by their very ids, each with a word that is written on it.
    const mark = (marks) => {
      unmark();
      diagram.classList.add("is-lit", "is-marked");
      for (const { part, id } of parts) {
        part.classList.toggle("is-on", id in marks);
        if (marks[id]) write(part, marks[id]);
      }
      centre(parts.filter(({ id }) => marks[id]).map(({ part }) => part.getBoundingClientRect()));
    };
    // Where the picture is wider than the screen, what is marked comes into its middle.
    const centre = (boxes) => {
      const view = diagram.querySelector(".dfd__view");
      const middle = (Math.min(...boxes.map((box) => box.left)) + Math.max(...boxes.map((box) => box.right))) / 2;
      const frame = view.getBoundingClientRect();
      if (boxes.length) view.scrollLeft += middle - (frame.left + frame.width / 2);
    };
    const svg = (name, attributes, ...children) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      element.append(...children);
      return element;
    };
    const write = (part, word) => {
      const shape = part.getBBox();
      const [x, y] = [shape.x + shape.width / 2, shape.y + shape.height];
      const text = svg("text", { x, y: y + 4, "text-anchor": "middle", fill: "currentcolor" }, word);
      const label = svg("g", { class: "word" }, text);
      part.append(label);
      const wide = text.getComputedTextLength() + 12;
      label.prepend(svg("rect", { x: x - wide / 2, y: y - 8, width: wide, height: 16, rx: 8 }));
    };

    let again = () => light([]);
    const close = () => {
      again = () => light([]);
      again();
      about.replaceChildren();
      hint.hidden = false;
      select.value = "";
    };
    const tell = (source, show) => {
      again = show;
      show();
      const button = make("button", { type: "button" }, "Close");
      button.addEventListener("click", close);
      const copyOf = source.cloneNode(true);
      copyOf.removeAttribute("id");
      for (const inner of all("[id]", copyOf)) inner.removeAttribute("id");
      for (const inner of all(".show", copyOf)) inner.remove();
      for (const inner of all("h4", copyOf)) inner.replaceWith(make("h3", {}, ...inner.childNodes));
      about.replaceChildren(button, make("div", { class: "part" }, ...copyOf.childNodes));
      hint.hidden = true;
    };
    const tellMarked = (row) => {
      fill();
      const card = make("div", {}, make("h4", {}, row.dataset.name));
      for (const told of row.matches("details") ? row.querySelectorAll(".fall__counts, dl") : row.children) card.append(told.cloneNode(true));
      tell(card, () => mark(JSON.parse(row.dataset.marks)));
      select.value = `marks-${marked.indexOf(row)}`;
    };
    for (const row of marked) {
      const button = make("button", { type: "button", class: "show" }, "Show in the diagram");
      button.setAttribute("aria-label", `Show in the diagram: ${row.dataset.name}`);
      button.addEventListener("click", () => {
        if (diagram.hidden) document.querySelector('[data-show="1"]').click();
        tellMarked(row);
        diagram.scrollIntoView();
        select.focus({ preventScroll: true });
      });
      if (row.matches("details")) row.querySelector("dl").before(button);
      else row.append(button);
    }

    const flowCard = (row) => {
      const cells = [...row.cells];
      const card = make("div");
      card.append(make("h4", {}, "Flow ", cells[0].textContent.trim(), ": ", ...cells[1].cloneNode(true).childNodes));
      for (const cell of [cells[2], cells[3]]) card.append(make("p", {}, ...cell.cloneNode(true).childNodes));
      card.append(make("p", { class: "quiet" }, "Threats: ", ...cells[5].cloneNode(true).childNodes));
      return card;
    };

    const pick = (part) => {
      const id = part.id || part.dataset.flow;
      const key = keyOf(id);
      const flow = document.getElementById(`flow-${key}`);
      if (id.startsWith("fl-") && flow) return tell(flowCard(flow), () => light([key, ...ends(flow)]));
      const card = document.getElementById(`element-${key}`) ?? document.getElementById(`zone-${key}`);
      if (card) tell(card, () => light([key]));
      const falls = marked.find((row) => row.dataset.element === key);
      if (!falls) return;
      const button = make("button", { type: "button" }, "Show what falls with it");
      button.addEventListener("click", () => {
        tellMarked(falls);
        select.focus({ preventScroll: true });
      });
      about.querySelector("button").after(button);
    };
    const ends = (row) => all('a[href^="#element-"]', row.cells[1]).map((link) => link.hash.slice("#element-".length));

    diagram.querySelector(".dfd__view").addEventListener("click", (event) => {
      const part = event.target.closest(".mark, .node, .edge, .cluster");
      if (!part || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      select.value = "";
      pick(part);
    });
    addEventListener("keydown", (event) => { if (event.key === "Escape" && about.childElementCount) close(); });

    select.addEventListener("input", () => {
      const { value, selectedOptions: [option] } = select;
      if (!value) return close();
      if (value.startsWith("marks-")) return tellMarked(marked[value.slice("marks-".length)]);
      const row = document.getElementById(value).closest("details");
      const card = make("div", {}, make("h4", {}, make("a", { href: `#${value}` }, option.textContent)),
        make("p", {}, row.querySelector(".threat__main p").textContent));
      tell(card, () => light(row.dataset.targets.split(" ")));
    });

    // Whoever points at a threat sees what it aims at.
    for (const kind of ["mouseover", "focusin"]) {
      document.addEventListener(kind, (event) => {
        const pointed = event.target.closest?.("[data-lights]");
        if (pointed && diagram.contains(pointed)) light(pointed.dataset.lights.split(" "));
      });
    }
    for (const kind of ["mouseout", "focusout"]) {
      document.addEventListener(kind, (event) => {
        if (event.target.closest?.("[data-lights]")) again();
      });
    }

    const other = document.querySelector('.dfd[data-level="0"]');
    const bar = document.querySelector("[data-switch]");
    bar.hidden = false;
    other.hidden = true;
    const zoom = bar.querySelector("[data-zoom]");
    for (const button of all("[data-show]", bar)) {
      button.addEventListener("click", () => {
        for (const one of all("[data-show]", bar)) one.setAttribute("aria-pressed", String(one === button));
        diagram.hidden = button.dataset.show !== "1";
        other.hidden = button.dataset.show !== "0";
      });
    }
    zoom.addEventListener("click", () => {
      const full = zoom.getAttribute("aria-pressed") !== "true";
      zoom.setAttribute("aria-pressed", String(full));
      for (const figure of [diagram, other]) figure.classList.toggle("is-full", full);
    });
    addEventListener("beforeprint", () => { other.hidden = diagram.hidden = false; });
  }

  // The check of a template.

  for (const form of all("[data-check]")) {
    const said = form.querySelector("[data-check-said]");
    const found = form.querySelector("[data-check-found]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      found.replaceChildren();
      said.textContent = "Checking ...";
      try {
        const answer = await fetch(form.action, { method: "POST", headers: { "Content-Type": "application/yaml" }, body: form.querySelector("textarea").value });
        const told = await answer.json();
        if (!answer.ok) throw new Error(told.detail ?? told.title);
        said.textContent = told.findings.length ? plural(told.findings.length, "findings") : "Nothing to mend.";
        found.append(...told.findings.map((finding) => make("li", {},
          make("strong", {}, `Line ${finding.line}, column ${finding.column} `),
          make("span", { class: `tag tag--${finding.severity}` }, finding.severity),
          ` ${finding.message} `,
          make("a", { href: new URL(`reference/rules/${encodeURIComponent(finding.rule)}/`, root) }, finding.rule))));
      } catch (error) {
        said.textContent = `Not checked: ${error.message || "the server does not answer"}.`;
      }
    });
  }
})();
