"use strict";
// The page is complete without this: it only hides what was not asked for, and opens the evidence that a link points to.
{
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const claims = [...document.querySelectorAll("tbody.claim")];
  const cells = [...document.querySelectorAll("[data-engine]")];

  // What the cells that are looked at say together, as the report itself has it for all of them.
  const finding = (claim, engine) => {
    const found = new Set(
      [...claim.querySelectorAll("td[data-engine]")]
        .filter((cell) => !engine || cell.dataset.engine === engine)
        .flatMap((cell) => cell.dataset.findings.split(","))
        .filter((one) => one && one !== "not-checked"),
    );
    if (found.size === 0) return "not-checked";
    return `${claim.dataset.kind}-${found.size === 1 ? [...found][0] : "varied"}`;
  };

  const apply = () => {
    const asked = new FormData(form);
    const words = asked.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const [engine, kind, outcome] = ["engine", "kind", "outcome"].map((name) => asked.get(name));
    const counts = {};
    let visible = 0;
    let odd = 0;
    for (const cell of cells) cell.hidden = Boolean(engine) && cell.dataset.engine !== engine;
    for (const claim of claims) {
      const unexpected = claim.querySelector(
        engine ? `td[data-engine="${CSS.escape(engine)}"] .unexpected` : "td .unexpected",
      );
      const said = claim.textContent.toLowerCase();
      const matches =
        (!kind || claim.dataset.kind === kind) &&
        words.every((word) => said.includes(word));
      const found = finding(claim, engine);
      const chosen = !outcome || outcome === found;
      const wanted = !asked.has("unexpected") || unexpected;
      if (matches && wanted) counts[found] = (counts[found] || 0) + 1;
      if (matches && chosen && unexpected) odd += 1;
      claim.hidden = !(matches && wanted && chosen);
      visible += claim.hidden ? 0 : 1;
    }
    for (const pill of form.querySelectorAll("[data-count]")) {
      const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
      pill.textContent = pill.dataset.count ? counts[pill.dataset.count] || 0 : all;
    }
    const mark = document.getElementById("unexpected");
    mark.textContent = odd;
    mark.classList.toggle("unexpected", odd > 0);
    for (const section of document.querySelectorAll("section.kind"))
      section.hidden = !section.querySelector("tbody.claim:not([hidden])");
    document.getElementById("none").hidden = visible > 0;
    shown.textContent = visible === claims.length ? "" : `${visible} of ${claims.length} shown`;
  };

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) form.reset(), apply();
    const details = target.closest("details");
    if (details) details.open = true;
    target.scrollIntoView();
  };

  // Headings stick below the filter, however many lines it takes.
  const measure = () => document.documentElement.style.setProperty("--bar", `${form.offsetHeight}px`);
  new ResizeObserver(measure).observe(form);

  form.hidden = false;
  measure();
  document.getElementById("summary").hidden = true;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  addEventListener("hashchange", reveal);
  apply();
  reveal();
}
