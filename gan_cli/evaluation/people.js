"use strict";
(() => {
  const REST = 500;      // milliseconds of an empty field before a brief image
  const EARLIEST = 150;  // nobody answers faster: a key struck twice is no answer to the next image
  const LARGEST = 448;   // CSS pixels of a side
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const total = data.images.length;
  const context = byId("canvas").getContext("2d");
  const session = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const answers = [];
  let shownAt = null;  // null: there is nothing to answer
  let saved = false;

  const load = (index) => {
    const image = new Image();
    image.src = data.images[index];
    return image.decode().then(() => image);
  };
  const frame = () => new Promise(requestAnimationFrame);
  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function fit() {
    const { width, height } = byId("canvas");
    const room = Math.min(LARGEST, byId("frame").clientWidth - 2, Math.max(160, window.innerHeight - 260));
    const factor = room / Math.max(width, height);
    const scale = factor > 1 ? Math.floor(factor) : factor;  // whole factors: all pixels alike
    byId("canvas").style.width = `${width * scale + 2}px`;
    byId("canvas").classList.toggle("enlarged", scale >= 1);
  }

  function noise() {
    const { width, height } = byId("canvas");
    const pixels = context.createImageData(width, height);
    pixels.data.forEach((_, byte, bytes) => {
      const level = data.grey && byte % 4 ? bytes[byte - 1] : Math.random() * 256;
      bytes[byte] = byte % 4 === 3 ? 255 : level;
    });
    context.putImageData(pixels, 0, 0);
  }

  function rest() {
    context.fillStyle = "#707070";
    context.fillRect(0, 0, byId("canvas").width, byId("canvas").height);
  }

  let next = load(0);
  async function show(index) {
    shownAt = null;
    byId("position").textContent = `Image ${index + 1} of ${total}`;
    byId("progress").value = index;
    const image = await next;
    if (index + 1 < total) next = load(index + 1);
    if (byId("canvas").width !== image.width || byId("canvas").height !== image.height || index === 0) {
      byId("canvas").width = image.width;
      byId("canvas").height = image.height;
      fit();
    }
    if (data.exposure !== null) {
      rest();
      byId("frame").classList.add("ready");
      await sleep(REST);
      byId("frame").classList.remove("ready");
    }
    await frame();
    context.drawImage(image, 0, 0);
    shownAt = performance.now();
    if (data.exposure !== null) await cover(index);
  }

  async function cover(index) {
    const start = shownAt;
    while (performance.now() - start < data.exposure - 8) await frame();  // half a frame: not one too many
    if (answers.length === index) noise();  // what follows at once is not seen as a rest of the image
  }

  function answer(real) {
    const elapsed = performance.now() - shownAt;
    if (shownAt === null || elapsed < EARLIEST) return;
    answers.push({ index: answers.length, real, milliseconds: Math.min(Math.round(elapsed), data.longest) });
    if (answers.length < total) show(answers.length);
    else finish();
  }

  // The same numbers as gan_cli.metrics.people.score and gan_cli.metrics.intervals.wilson.
  function wilson(errors, count) {
    const share = errors / count, square = data.quantile ** 2;
    const centre = share + square / (2 * count);
    const reach = Math.sqrt(square * (share * (1 - share) + square / (4 * count)) / count);
    const scale = 1 + square / count;
    return [Math.max(0, (centre - reach) / scale), Math.min(1, (centre + reach) / scale)];
  }

  function rate(name, wrong) {
    const errors = wrong.filter(Boolean).length, count = wrong.length;
    const [low, high] = wilson(errors, count);
    return {
      [name]: 100 * errors / count, [`${name}_low`]: 100 * low, [`${name}_high`]: 100 * high,
      [`${name}_errors`]: errors, [`${name}_count`]: count,
    };
  }

  function median(values) {
    const sorted = values.slice().sort((one, other) => one - other);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  function score(key) {
    const wrong = answers.map(({ index, real }) => real !== (key[index] === "1"));
    return {
      ...rate("hype", wrong),
      ...rate("generated_judged_real", wrong.filter((_, index) => key[index] === "0")),
      ...rate("real_judged_generated", wrong.filter((_, index) => key[index] === "1")),
      judges: 1,
      median_seconds: median(answers.map(({ milliseconds }) => milliseconds / 1000)),
    };
  }

  const deckText = () => new TextDecoder().decode(Uint8Array.from(atob(data.deck), (letter) => letter.charCodeAt(0) ^ data.mask));
  const percent = (value) => Math.round(value);  // exact in the file
  const seconds = (value) => `${Number(value.toFixed(1))} s`;

  function finish() {
    shownAt = null;
    const deck = deckText();
    const scores = score(JSON.parse(deck).key);
    byId("judging").hidden = true;
    byId("end").hidden = false;
    byId("hype").textContent = `${percent(scores.hype)} %`;
    byId("median").textContent = seconds(scores.median_seconds);
    const rows = [
      ["Generated, judged real", "generated_judged_real"], ["Real, judged generated", "real_judged_generated"], ["All", "hype"],
    ];
    for (const [label, name] of rows) addRow(label, name, scores);
    byId("download").addEventListener("click", () => save({ format: 1, session, deck, answers, score: scores }));
    byId("done").focus();
  }

  function addRow(label, name, scores) {
    const row = byId("rates").insertRow();
    const heading = document.createElement("th");
    heading.scope = "row";
    heading.textContent = label;
    row.append(heading);
    const interval = `${percent(scores[`${name}_low`])} to ${percent(scores[`${name}_high`])} %`;
    for (const text of [`${scores[`${name}_errors`]} of ${scores[`${name}_count`]}`, `${percent(scores[name])} %`, interval]) {
      row.insertCell().textContent = text;
    }
  }

  function save(file) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1)], { type: "application/json" }));
    link.download = `answers-${data.fingerprint.slice(0, 12)}-${session.slice(0, 8)}.json`;
    link.click();
    saved = true;
  }

  const KEYS = { r: true, arrowleft: true, g: false, arrowright: false };
  document.addEventListener("keydown", (event) => {
    const real = KEYS[event.key.toLowerCase()];
    if (real === undefined || byId("judging").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();  // arrows would scroll
    if (!event.repeat) answer(real);
  });
  for (const [name, real] of [["real", true], ["generated", false]]) {
    byId(name).addEventListener("click", (event) => {
      if (event.detail) byId("judging").focus();  // a pointer's click: no mark of focus that would look like a proposal
      answer(real);
    });
  }
  byId("start").addEventListener("click", () => {
    byId("welcome").hidden = true;
    byId("judging").hidden = false;
    byId("judging").focus();
    show(0);
  });
  window.addEventListener("resize", fit);
  window.addEventListener("beforeunload", (event) => { if (answers.length && !saved) event.preventDefault(); });

  byId("total").textContent = total;
  byId("progress").max = total;
  if (data.exposure !== null) {
    byId("brief").hidden = false;
    byId("exposure").textContent = data.exposure < 1000 ? `${data.exposure} ms` : seconds(data.exposure / 1000);
  }
  byId("welcome").hidden = false;
  byId("start").focus();
})();
