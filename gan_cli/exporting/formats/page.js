const facts = JSON.parse(document.getElementById("facts").textContent);
const [frames, height, width, channels] = facts.image;
const arrays = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array };
const lengthOf = (name) => facts.inputs[name].shape.reduce((product, side) => product * side, 1);
const size = lengthOf("latents");
const by = (id) => document.getElementById(id);
const REACH = { latents: 3, strengths: 5 };
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

/** The network's inputs of `count` images by name, arrays of numbers -> floats in [-1, 1]. */
async function generate(inputs, count) {
  const given = {};
  for (const [name, { type, shape }] of Object.entries(facts.inputs)) {
    const values = arrays[type].from(inputs[name], type === "int64" ? BigInt : Number);
    given[name] = new ort.Tensor(type, values, [count, ...shape]);
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
const state = {
  latents: drawn(), labels: [0], strengths: facts.directions.map(() => 0), captions: [],
  images: null, frame: 0, play: false, busy: false, wanted: false,
};
const sliders = { latents: [], strengths: [] };

/** Shows what the state says; while an image is computed, the newest wish alone is kept. */
async function update() {
  state.wanted = true;
  if (state.busy) return;
  state.busy = true;
  try {
    while (state.wanted) {
      state.wanted = false;
      const began = performance.now();
      state.images = await generate(state, 1);
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

/** Sets the sliders of `latents` or `strengths` to what the state says. */
function show(values) {
  for (const [index, { input, output }] of sliders[values].entries()) {
    input.value = state[values][index];
    output.textContent = state[values][index].toFixed(2);
  }
}

function addSlider(values, index, text, place) {
  const label = document.createElement("label"), name = document.createElement("span");
  const input = document.createElement("input"), output = document.createElement("output");
  name.textContent = text;
  Object.assign(input, { type: "range", min: -REACH[values], max: REACH[values], step: 0.01 });
  input.addEventListener("input", () => {
    if (values === "latents") stop();
    state[values][index] = Number(input.value);
    output.textContent = state[values][index].toFixed(2);
    update();
  });
  label.append(name, input, output);
  place.append(label);
  sliders[values].push({ input, output });
}

/** The words of a description as gan-sample reads them: lower case, without punctuation. */
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+(?:['\u2019][\p{L}\p{N}]+)*/gu) || [];

/** Takes a description; one with other words, or too many, is named and changes nothing. */
function describe(text) {
  const words = wordsOf(text), length = lengthOf("captions");
  const strange = words.filter((word) => !facts.vocabulary.includes(word));
  const mistakes = strange.length ? `It does not know: ${strange.join(", ")}` : `At most ${length} words`;
  const wrong = strange.length > 0 || words.length > length;
  by("unknown").textContent = wrong ? mistakes : "";
  if (wrong || !words.length) return;
  const tokens = words.map((word) => facts.vocabulary.indexOf(word) + 1);
  state.captions = tokens.concat(Array(length - tokens.length).fill(0));
}

function addPrompt() {
  by("words").value = facts.captions[0];
  for (const caption of facts.captions) by("examples").append(new Option(caption));
  by("vocabulary").textContent = facts.vocabulary.join(" ");
  by("prompt").addEventListener("submit", (event) => event.preventDefault());
  by("words").addEventListener("input", () => {
    describe(by("words").value);
    update();
  });
  describe(by("words").value);
  by("prompt").hidden = false;
}

function addClass(name, index) {
  const button = document.createElement("button");
  button.textContent = name;
  button.setAttribute("aria-pressed", String(index === state.labels[0]));
  button.addEventListener("click", () => {
    state.labels = [index];
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
    show("latents");
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
  if (facts.vocabulary.length) addPrompt();
  facts.directions.forEach((name, index) => addSlider("strengths", index, name, by("along")));
  by("directions").hidden = !facts.directions.length;
  by("reset").addEventListener("click", () => {
    state.strengths.fill(0);
    show("strengths");
    update();
  });
  if (facts.inputs.latents.shape.length === 1) {
    for (let index = 0; index < size; index++) {
      addSlider("latents", index, `Latent ${index + 1}`, by(index < FIRST ? "first" : "rest"));
    }
    by("latents").hidden = false;
    by("more").hidden = size <= FIRST;
    by("more").querySelector("summary").textContent = `${size - FIRST} more`;
  }
  by("classes").hidden = !facts.classes.length;
  facts.classes.forEach(addClass);
  by("draw").addEventListener("click", () => {
    stop();
    state.latents = drawn();
    show("latents");
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
  show("latents");
  show("strengths");
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
