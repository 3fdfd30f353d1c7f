"use strict";
// The page is complete without this, but for its figures: it draws, sorts, points out and copies.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const curves = Object.keys(figures).filter((id) => id.startsWith("curve-"));
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();

  // Figures take the colours of the page, which follow the reader's light or dark theme.
  function theme() {
    const axis = {
      gridcolor: colour("line"), linecolor: colour("line"), zerolinecolor: colour("line"),
      tickcolor: colour("line"), automargin: true, title: { font: { size: 13 } },
    };
    const halo = ["1px 1px", "-1px 1px", "1px -1px", "-1px -1px"].map((side) => `${side} 2px ${colour("card")}`);
    const parcoords = [{
      labelfont: { size: 15, color: colour("text") }, rangefont: { size: 13 },
      tickfont: { size: 13, shadow: halo.join(", ") },  // they stand on lines
    }];
    return { data: { parcoords }, layout: {
      colorway: [colour("rank-1")],
      font: { family: "system-ui, sans-serif", size: 13, color: colour("quiet") },
      paper_bgcolor: colour("card"), plot_bgcolor: colour("card"), xaxis: axis, yaxis: axis,
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("text") }, namelength: -1 },
      margin: { l: 20, r: 20, t: 10, b: 40 }, hovermode: "closest", showlegend: false,
    } };
  }

  const config = {
    responsive: true, displaylogo: false, plotGlPixelRatio: 1,  // with 2 lines are half a pixel thin
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
  };

  function draw() {
    for (const [id, { data, layout }] of Object.entries(figures)) {
      for (const { line, meta } of data) {
        if (meta?.jobs) line.colorscale = ["rank-2", "quiet", "rank-1"].map((name, place) => [place / 2, colour(name)]);
        else if (meta) line.color = colour(meta.ranked ? `rank-${meta.job + 1}` : "rest");
      }
      Plotly.react(id, data, { ...layout, template: theme() }, { ...config, displayModeBar: id !== "parallel" && "hover" });
    }
  }

  // A click on anything of a job points it out everywhere; another click, or Escape, ends that.
  let pinned = null;
  function pin(job) {
    pinned = job === pinned ? null : job;
    for (const each of all("[data-job]")) each.classList.toggle("hot", each.dataset.job === pinned);
    for (const id of curves) {
      const others = figures[id].data.map(({ meta }) => pinned !== null && String(meta.job) !== pinned);
      Plotly.restyle(id, { opacity: others.map((other) => (other ? 0.12 : 1)) });
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("a, button, summary, pre, .plot")) return;
    const job = event.target.closest("[data-job]")?.dataset.job ?? null;
    if (job !== pinned || job !== null) pin(job);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && pinned !== null) pin(null); });

  // Jobs that are outside of what is chosen in the parallel coordinates fade.
  const within = (value, ranges) => !ranges?.length
    || (Array.isArray(ranges[0]) ? ranges : [ranges]).some(([low, high]) => low <= value && value <= high);
  function fade() {
    const { dimensions, meta } = document.getElementById("parallel").data[0];
    const chosen = (place) => dimensions.every(({ values, constraintrange }) => within(values[place], constraintrange));
    const out = new Set(meta.jobs.filter((_, place) => !chosen(place)).map(String));
    for (const each of all("[data-job]")) each.classList.toggle("faded", out.has(each.dataset.job));
  }

  const collator = new Intl.Collator("en", { numeric: true });
  function compare(one, other, numeric) {
    const empty = (cell) => numeric ? cell.dataset.value === undefined : cell.textContent === "\u2013";
    if (empty(one) || empty(other)) return { last: empty(one) - empty(other) };
    return { order: numeric ? one.dataset.value - other.dataset.value : collator.compare(one.textContent, other.textContent) };
  }

  function sort(head, column) {
    const table = head.closest("table"), body = table.tBodies[0];
    const rising = head.getAttribute("aria-sort") !== "ascending";
    for (const each of all("th", table)) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const numeric = all("tr", body).some((row) => row.cells[column].dataset.value !== undefined);
    const rows = Array.from(body.rows).sort((one, other) => {
      const { last = 0, order = 0 } = compare(one.cells[column], other.cells[column], numeric);
      return last || (rising ? order : -order);
    });
    body.append(...rows);
  }

  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(head, column));
    });
  }

  function copy(box, button) {
    getSelection().selectAllChildren(box.querySelector("code"));
    button.textContent = document.execCommand("copy") ? "Copied" : "Selected";  // also where a page from disk has no clipboard
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  for (const box of all(".command")) {
    const button = document.createElement("button");
    button.textContent = "Copy";
    button.addEventListener("click", () => copy(box, button));
    box.append(button);
  }

  function reveal() {
    if (!/^#command-/.test(location.hash)) return;
    const box = document.getElementById(location.hash.slice(1));
    const folded = box?.closest("details");
    if (folded) folded.open = true;
    box?.scrollIntoView({ block: "center" });
  }
  addEventListener("hashchange", reveal);
  reveal();

  if (Object.keys(figures).length) {
    draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    for (const id of curves) {
      document.getElementById(id).on("plotly_click", ({ points }) => pin(String(points[0].data.meta.job)));
    }
    if (figures.parallel) document.getElementById("parallel").on("plotly_restyle", fade);
  }
})();
