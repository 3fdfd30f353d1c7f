"use strict";
(() => {
  const EVERY = 2000;  // milliseconds from one look at the run to the next; the list waits longer
  const NAMES = { frechet: "Fréchet distance, lower is better", diversity: "diversity, real images have 1",
    elbo_held_out: "evidence lower bound of held-out images, higher is better", ordered: "share of pairs that the discriminator orders rightly",
    images_per_second: "images/s" };
  const FIRST = ["losses", "frechet", "diversity", "elbo_held_out"];  // the other charts are folded away
  const DASHES = ["", "6 3", "2 3", "8 3 2 3", "", "6 3"];  // of the lines whose colours watch.css has
  const WIDE = 440, HIGH = 190, LEFT = 52, RIGHT = 8, TOP = 8, BOTTOM = 24;
  const byId = (id) => document.getElementById(id);
  const asked = () => decodeURIComponent(location.hash.slice(1));
  let runs = [], chosen = null, run = null, drawn = "", following = true, kind = "samples", place = -1, unseen = true;

  function make(tag, attributes = {}, ...children) {
    const svg = ["svg", "path", "text", "line", "circle", "g"].includes(tag);
    const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);  // strings become text, never markup
    return made;
  }
  const number = (value) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e15) return value.toLocaleString("en");
    return size < 1e-3 || size >= 1e9 ? value.toExponential(2) : Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 6 });
  };
  function time(seconds) {
    const whole = Math.round(seconds), [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    if (hours) return `${hours} h ${minutes} min`;
    return minutes >= 10 ? `${minutes} min` : minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
  }
  const what = (each) => (each.model ? `${each.model} on ${each.data}` : each.state === "training" ? "starting" : null);
  const filled = new Map();  // what has not changed stays: focus, selected text, how far it is scrolled
  function fill(id, value, children) {
    const now = JSON.stringify(value);
    if (filled.get(id) === now) return;
    filled.set(id, now);
    const focus = byId(id).contains(document.activeElement) ? document.activeElement.dataset.id : null;
    byId(id).replaceChildren(...children(value));
    if (focus) Array.from(byId(id).querySelectorAll("button")).find((each) => each.dataset.id === focus)?.focus();
  }
  function say(id, text) {
    byId(id).textContent = text ?? "";
    byId(id).hidden = !text;
  }

  async function look(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  function list() {
    fill("runs", [runs, chosen], () => runs.map((each) => {
      const button = make("button", { type: "button", "aria-current": each.id === chosen, "data-id": each.id },
        make("b", {}, each.name ?? each.id.replace(`-${each.model}-${each.data}`, "")), make("span", { class: `state ${each.state}` }, each.state),
        make("span", { class: "quiet" }, [what(each), each.model ? `step ${number(each.step)}` : null,
          each.score === null ? null : `Fréchet ${number(each.score)}`].filter(Boolean).join(", ")));
      button.addEventListener("click", () => { location.hash = encodeURIComponent(each.id); });
      return make("li", {}, button);
    }));
    document.querySelector("nav").hidden = runs.length < 2;
    byId("empty").hidden = runs.length > 0;
    byId("run").hidden = !run;
    if (!unseen) return;
    unseen = false;
    const nav = document.querySelector("nav"), current = nav.querySelector("[aria-current='true']");
    if (current) nav.scrollTop += current.getBoundingClientRect().top - nav.getBoundingClientRect().top - 6;
  }

  function show() {
    const scored = run.score !== null;
    document.title = `${run.name ?? run.id} – gan-watch`;
    byId("name").textContent = run.name ?? run.id;
    byId("state").textContent = run.state;
    byId("state").className = `state ${run.state}`;
    byId("what").textContent = [what(run), run.name ? run.id : null, run.began ? `began ${run.began}` : null].filter(Boolean).join(", ");
    say("notes", run.notes);
    say("reason", run.reason);
    byId("bar").hidden = !run.steps;
    byId("bar").value = run.steps ? Math.min(1, run.step / run.steps) : 0;
    const facts = { step: run.model ? number(run.step) + (run.steps ? ` of ${number(run.steps)}` : "") : null,
      "time left": run.seconds_left === null ? null : time(run.seconds_left), "trained for": run.seconds === null ? null : time(run.seconds),
      "images/s": run.images_per_second === null ? null : number(Math.round(run.images_per_second)),
      "best Fréchet distance": scored ? `${number(run.score)} at step ${number(run.score_step)}` : null };
    fill("facts", facts, () => Object.entries(facts).filter(([, value]) => value)
      .map(([key, value]) => make("div", {}, make("dt", {}, key), make("dd", {}, value))));
    byId("damage").hidden = !run.damage.length;
    fill("damage", run.damage, (lines) => lines.map((line) => make("li", {}, line)));
    byId("words").hidden = !run.watchdog.length;
    fill("watchdog", run.watchdog, (said) => said.map(({ step, text, advice, back }) =>
      make("li", {}, make("b", {}, `step ${number(step)}: `), text, back ? "; went back to the best checkpoint" : "",
        advice ? make("div", { class: "quiet" }, advice) : "")));
    fill("settings", run.settings, (pairs) => pairs.map(([key, value]) => make("tr", {}, make("td", {}, key), make("td", {}, value))));
    pictures();
    const curves = JSON.stringify([run.id, run.curves]);
    if (curves !== drawn) charts();
    drawn = curves;
  }

  // Pictures: the newest is followed until the slider is moved to an older one.
  function pictures() {
    const kinds = Object.keys(run.pictures);
    if (!kinds.includes(kind)) kind = kinds[0] ?? "samples";
    const steps = run.pictures[kind] ?? [];
    fill("kind", kinds, () => kinds.map((each) => make("option", {}, each)));
    byId("kind").value = kind;
    byId("kind").hidden = kinds.length < 2;
    byId("past").hidden = steps.length < 2 && kinds.length < 2;
    if (following || place >= steps.length) place = steps.length - 1;
    byId("slider").max = Math.max(0, steps.length - 1);
    byId("slider").value = place;
    byId("newest").disabled = following;
    byId("shown").textContent = place < 0 ? "no grid yet" : `${kind}, step ${number(steps[place])}${place === steps.length - 1 ? ", the newest" : ""}`;
    const word = kind === "samples" ? "step" : kind;
    picture("grid", place < 0 ? null : `${word}-${String(steps[place]).padStart(8, "0")}.png`);
    byId("grid").alt = byId("shown").textContent;
    picture("real", place < 0 ? null : "real.png");
  }
  function picture(id, name) {
    const image = byId(id), address = name && `picture?run=${encodeURIComponent(chosen)}&name=${name}`;
    if (image.dataset.address === `${address}`) return;
    image.dataset.address = address;
    if (!address) { image.hidden = true; return; }
    const next = new Image();  // the old one stays until the next can be seen
    next.src = address;
    next.decode().then(() => {
      if (image.dataset.address !== address) return;
      image.src = address;
      image.classList.toggle("small", next.naturalWidth < 500);
      image.hidden = false;
    }, () => { if (image.dataset.address === address) { image.hidden = true; image.dataset.address = ""; } });
  }

  // Curves: those of one kind in one chart.
  const chartOf = (key) => (key.startsWith("loss_") ? "losses" : key.startsWith("logits_") ? "logits" : key);
  function charts() {
    const groups = new Map();
    for (const [key, [steps, values]] of Object.entries(run.curves)) {
      if (key === "seconds") continue;
      const name = chartOf(key);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push({ name: key.replace(/^(loss|logits)_/, ""), steps, values });
    }
    const some = (first) => Array.from(groups).filter(([name]) => FIRST.includes(name) === first)
      .sort(([a], [b]) => FIRST.indexOf(a) - FIRST.indexOf(b)).map(([name, series]) => chart(name, series));
    byId("charts").replaceChildren(...some(true));
    byId("more").replaceChildren(...some(false));
    byId("more").parentElement.hidden = !byId("more").childElementCount;
    byId("nothing").hidden = groups.size > 0;
  }
  function ticks(low, high, count) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
    return Array.from({ length: count + 2 }, (_, index) => (Math.ceil(low / step) + index) * step).filter((each) => each <= high + step * 1e-6);
  }
  function range(series) {
    const all = series.flatMap(({ values }) => values).sort((a, b) => a - b);
    const cut = all.length > 50 ? Math.floor(all.length / 100) : 0;  // a few points far off must not flatten the rest
    const [low, high] = [all[cut], all[all.length - 1 - cut]];
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [low - room, high + room];
  }
  function chart(name, series) {
    const [low, high] = range(series);
    const last = Math.max(...Object.values(run.curves).map(([steps]) => steps[steps.length - 1]), 1);
    const x = (step) => LEFT + (WIDE - LEFT - RIGHT) * step / last;
    const y = (value) => HIGH - BOTTOM - (HIGH - TOP - BOTTOM) * (Math.min(Math.max(value, low), high) - low) / (high - low);
    const title = name === "losses" || name === "logits" ? name : NAMES[name] ?? name;
    const svg = make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${title} over the steps` });
    for (const value of ticks(low, high, 4)) {
      svg.append(make("line", { class: "axis", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) }),
        make("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, number(Number(value.toPrecision(6)))));
    }
    const marks = ticks(0, last, 4);
    marks.forEach((value, index) => svg.append(make("text", { x: x(value), y: HIGH - 6, "text-anchor": index ? "middle" : "start" }, number(value))));
    const line = make("line", { class: "axis", y1: TOP, y2: HIGH - BOTTOM, visibility: "hidden" });
    svg.append(line);
    series.forEach(({ steps, values }, index) => {
      const [look, dashes] = [`line-${index % DASHES.length}`, DASHES[index % DASHES.length]];
      svg.append(make("path", { d: steps.map((step, at) => `${at ? "L" : "M"}${x(step).toFixed(1)} ${y(values[at]).toFixed(1)}`).join(""), class: look, "stroke-dasharray": dashes }));
      if (steps.length < 30) steps.forEach((step, at) => svg.append(make("circle", { cx: x(step), cy: y(values[at]), r: 2.5, class: look })));
    });
    if (name === "frechet") {  // the best checkpoint's
      const [{ steps, values }] = series, at = values.indexOf(Math.min(...values));
      svg.append(make("circle", { class: "best", cx: x(steps[at]), cy: y(values[at]), r: 6 }));
    }
    const legend = make("div", { class: "legend" });
    const tell = (step) => legend.replaceChildren(...series.map(({ name: own, steps, values }, index) => {
      const at = step === null ? steps.length - 1 : steps.reduce((best, each, here) => (Math.abs(each - step) < Math.abs(steps[best] - step) ? here : best), 0);
      const [look, dashes] = [`line-${index % DASHES.length}`, DASHES[index % DASHES.length]];
      const sign = make("svg", { viewBox: "0 0 24 8" }, make("path", { d: "M0 4L24 4", class: look, "stroke-dasharray": dashes }));
      return make("span", {}, sign, `${series.length > 1 ? `${own} ` : ""}${number(values[at])} at step ${number(Math.round(steps[at]))}`);
    }));
    tell(null);
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) / box.width * WIDE;
      const step = Math.min(Math.max((at - LEFT) / (WIDE - LEFT - RIGHT), 0), 1) * last;
      for (const end of ["x1", "x2"]) line.setAttribute(end, x(step));
      line.setAttribute("visibility", "visible");
      tell(step);
    });
    svg.addEventListener("pointerleave", () => { line.setAttribute("visibility", "hidden"); tell(null); });
    return make("div", { class: "chart" }, make("b", {}, title), svg, legend);
  }

  function choose() {
    const wanted = runs.find(({ id }) => id === asked()) ?? runs.find(({ state }) => state === "training") ?? runs[0];
    if ((wanted?.id ?? null) === chosen) return;
    [chosen, run, following, place, drawn] = [wanted?.id ?? null, null, true, -1, ""];
    unseen = true;
  }
  async function update(everything) {
    if (everything) {
      const found = await look("runs");
      byId("folder").textContent = found.folder;
      runs = found.runs;
      choose();
    }
    const now = chosen;
    const found = now === null ? null : await look(`run?id=${encodeURIComponent(now)}`);
    if (now !== chosen) return;
    run = found;
    if (run) runs = runs.map((each) => (each.id === run.id ? { ...each, state: run.state, step: run.step, score: run.score } : each));
    list();
    if (run) show();
  }
  async function forever() {
    for (let count = 0; ; count++) {
      try {
        if (!document.hidden) await update(count % 5 === 0 || !runs.length);
        byId("lost").hidden = true;
      } catch (error) {
        console.warn(error);
        byId("lost").hidden = false;
        count = -1;
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }
  byId("slider").addEventListener("input", () => {
    place = Number(byId("slider").value);
    following = place === Number(byId("slider").max);
    pictures();
  });
  byId("newest").addEventListener("click", () => { following = true; pictures(); });
  byId("kind").addEventListener("change", () => { [kind, following] = [byId("kind").value, true]; pictures(); });
  addEventListener("hashchange", () => { choose(); update(false).catch(() => {}); });
  forever();
})();
