const facts = JSON.parse(document.getElementById("facts").textContent);
const [frames, height, width, channels] = facts.image;
const size = facts.latents.reduce((product, side) => product * side, 1);
const by = (id) => document.getElementById(id);
const FIRST = 12, SECONDS_BETWEEN = 2, FRAMES_PER_SECOND = 10;

/** Bytes that lie in the page: gzip in base64. */
async function unpacked(id) {
  const packed = Uint8Array.from(atob(by(id).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function load() {
  ort.env.wasm.numThreads = 1;  // more of them need headers that a file cannot send
  ort.env.wasm.wasmBinary = (await unpacked("wasm")).buffer;
  return ort.InferenceSession.create(await unpacked("model"), { executionProviders: ["wasm"] });
}

/** Latents of `count` images, and their classes where the network is told them -> floats in [-1, 1]. */
async function generate(latents, labels, count) {
  const given = { latents: new ort.Tensor("float32", latents, [count, ...facts.latents]) };
  if (facts.classes.length) {
    given.labels = new ort.Tensor("int64", BigInt64Array.from(labels, BigInt), [count]);
  }
  const made = await (await session).run(given);
  return made.images.data;
}

function normal() {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return radius * Math.cos(2 * Math.PI * Math.random());
}
const drawn = () => Float32Array.from({ length: size }, normal);

const canvas = by("picture"), paper = canvas.getContext("2d");
[canvas.width, canvas.height] = [width, height];
const state = { latents: drawn(), label: 0, images: null, frame: 0, play: false, busy: false, wanted: false };
const sliders = [];

/** Shows what the state says; while an image is computed, the newest wish alone is kept. */
async function update() {
  state.wanted = true;
  if (state.busy) return;
  state.busy = true;
  try {
    while (state.wanted) {
      state.wanted = false;
      const began = performance.now();
      state.images = await generate(state.latents.slice(), [state.label], 1);
      paint();
      by("status").textContent = `${(performance.now() - began).toFixed(1)} ms`;
    }
  } finally {
    state.busy = false;
  }
}

function paint() {
  const pixels = paper.createImageData(width, height), first = state.frame * height * width * channels;
  for (let place = 0; place < height * width; place++) {
    for (let colour = 0; colour < 3; colour++) {
      const value = state.images[first + place * channels + (channels === 3 ? colour : 0)];
      pixels.data[4 * place + colour] = Math.round((value + 1) * 127.5);
    }
    pixels.data[4 * place + 3] = 255;
  }
  paper.putImageData(pixels, 0, 0);
}

function showLatents() {
  for (const [index, { input, output }] of sliders.entries()) {
    input.value = state.latents[index];
    output.textContent = state.latents[index].toFixed(2);
  }
}

function addSlider(index, place) {
  const label = document.createElement("label"), name = document.createElement("span");
  const input = document.createElement("input"), output = document.createElement("output");
  name.textContent = index + 1;
  Object.assign(input, { type: "range", min: -3, max: 3, step: 0.01 });
  input.setAttribute("aria-label", `Latent ${index + 1}`);
  input.addEventListener("input", () => {
    stop();
    state.latents[index] = Number(input.value);
    output.textContent = state.latents[index].toFixed(2);
    update();
  });
  label.append(name, input, output);
  place.append(label);
  sliders.push({ input, output });
}

function addClass(name, index) {
  const button = document.createElement("button");
  button.textContent = name;
  button.setAttribute("aria-pressed", String(index === state.label));
  button.addEventListener("click", () => {
    state.label = index;
    for (const [place, each] of [...by("classes").querySelectorAll("button")].entries()) {
      each.setAttribute("aria-pressed", String(place === index));
    }
    update();
  });
  by("classes").querySelector(".row").append(button);
}

function setPlaying(on) {
  state.play = on;
  by("play").setAttribute("aria-pressed", String(on));
  by("play").textContent = on ? "Pause" : "Play";
}
const stop = () => setPlaying(false);

/** From one latent to the next on an arc, on which the norm stays what it is in normal draws. */
function play() {
  let from = state.latents.slice(), to = drawn(), began = performance.now();
  const step = async (now) => {
    if (!state.play) return;
    let share = Math.max(0, now - began) / 1000 / SECONDS_BETWEEN;
    if (share >= 1) [from, to, began, share] = [to, drawn(), now, 0];
    const angle = (share * Math.PI) / 2;
    state.latents = from.map((value, index) => Math.cos(angle) * value + Math.sin(angle) * to[index]);
    showLatents();
    await update();
    requestAnimationFrame(step);
  };
  setPlaying(true);
  requestAnimationFrame(step);
}

function save() {
  canvas.toBlob((file) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${facts.name}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }, "image/png");
}

function build() {
  if (facts.latents.length === 1) {
    for (let index = 0; index < size; index++) addSlider(index, by(index < FIRST ? "first" : "rest"));
    by("latents").hidden = false;
    by("more").hidden = size <= FIRST;
    by("more").querySelector("summary").textContent = `${size - FIRST} more`;
  }
  by("classes").hidden = !facts.classes.length;
  facts.classes.forEach(addClass);
  by("draw").addEventListener("click", () => {
    stop();
    state.latents = drawn();
    showLatents();
    update();
  });
  by("play").addEventListener("click", () => (state.play ? stop() : play()));
  by("save").addEventListener("click", save);
  if (frames > 1) {
    setInterval(() => {
      state.frame = (state.frame + 1) % frames;
      if (state.images) paint();
    }, 1000 / FRAMES_PER_SECOND);
  }
  showLatents();
  by("controls").hidden = false;
}

const session = load();
Object.assign(globalThis, { generate, session });  // for whoever tries the page
try {
  await session;
  build();
  await update();
} catch (error) {
  by("status").textContent = `This browser cannot run the network: ${error.message || error}`;
}
