"use strict";
// One question at a time: the server says which, and keeps every answer. The page knows nothing of an image but its
// opaque address. Exposures are counted in frames of the display, and measured by the times that frames have.

const CROSS = 500; // milliseconds before each image of limited exposure
const TOLD = 900; // milliseconds that the practice shows an answer's rightness
const element = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll(".answer")];
const picture = element("picture");
let place = null; // what the server said last
let asked = null; // the question on the page: {begun, shown, marked}; null while none may be answered
let block = null; // the block that was announced

const frame = () => new Promise(requestAnimationFrame);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function call(path, body) {
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, body === undefined ? {} : json);
  const said = await response.json();
  if (!response.ok) throw new Error(said.error);
  return said;
}

function guarded(action) {
  return async (...words) => {
    try {
      await action(...words);
    } catch (error) {
      element("message").hidden = false;
      element("message").textContent =
        `${error.message || error} What you answered before is kept. Load the page again to go on.`;
    }
  };
}

async function frameTime() {
  const times = [];
  for (let i = 0; i < 31; i++) times.push(await frame());
  const steps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
  return Math.min(Math.max(steps[15], 1), 200);
}

function only(section) {
  for (const each of document.querySelectorAll("section")) each.hidden = each.id !== section;
}

async function show(said) {
  place = said;
  element("attribution").textContent = said.attribution;
  if (said.phase === "welcome") {
    for (const each of document.querySelectorAll(`.of-${said.kind}`)) each.hidden = false;
    only("welcome");
  } else if (said.phase === "done") {
    element("code").textContent = said.code;
    element("more").hidden = !said.more;
    block = null;
    only("done");
  } else if (said.block !== block) {
    block = said.block;
    element("ready-text").textContent = block === 0
      ? "First a practice. The page will say which answers were right."
      : `Part ${block} begins. ${said.answered} of ${said.total} questions are answered. Rest for a while if you like.`;
    only("ready");
    element("go").focus();
  } else {
    await ask();
  }
}

async function ask() {
  only("trial");
  asked = null;
  element("counter").textContent = `Question ${place.answered + 1} of ${place.total}`;
  const words = place.real_left ? ["real", "generated"] : ["generated", "real"];
  buttons.forEach((button, i) => {
    button.dataset.real = String(words[i] === "real");
    button.textContent = i === 0 ? `← ${words[i]}` : `${words[i]} →`;
    button.disabled = true;
  });
  picture.hidden = place.check !== null;
  picture.className = "";
  element("check").textContent = place.check === null ? "" : `A check: please answer “${place.check}”.`;
  if (place.check !== null) answerable({ begun: performance.now(), shown: null, marked: "" });
  else if (place.frames === null) await showFreely();
  else await expose();
}

async function load(image, address) {
  image.src = address;
  await image.decode();
}

function enlarge() {
  // by a whole number, so that every pixel is of one size
  const stage = element("stage").getBoundingClientRect();
  const times = Math.min(stage.width / picture.naturalWidth, stage.height / picture.naturalHeight);
  picture.width = picture.naturalWidth * (times >= 1 ? Math.floor(times) : times);
}

async function showFreely() {
  await load(picture, `/picture/${place.trial}`);
  enlarge();
  const begun = await frame();
  picture.className = "shown";
  answerable({ begun, shown: null, marked: "" });
}

async function expose() {
  const masks = await Promise.all([...Array(place.masks).keys()].map(async (number) => {
    const mask = new Image();
    await load(mask, `/mask/${number}`);
    return mask.src;
  }));
  await load(picture, `/picture/${place.trial}`);
  enlarge();
  element("cross").hidden = false;
  await wait(CROSS);
  element("cross").hidden = true;
  let hidden = document.hidden;
  const note = () => { hidden = true; };
  document.addEventListener("visibilitychange", note);
  const begun = await frame();
  picture.className = "shown";
  let now = begun;
  for (let i = 0; i < place.frames; i++) now = await frame();
  picture.className = "";
  document.removeEventListener("visibilitychange", note);
  const shown = now - begun;
  const slow = Math.abs(shown - place.frames * place.frame_ms) > place.frame_ms;
  for (const mask of masks) {
    await load(picture, mask);
    picture.className = "shown";
    for (let i = 0; i < place.mask_frames; i++) await frame();
  }
  picture.className = "";
  answerable({ begun, shown, marked: hidden ? "hidden" : slow ? "slow" : "" });
}

function answerable(question) {
  asked = question;
  for (const button of buttons) button.disabled = false;
}

async function answer(real) {
  if (asked === null) return;
  const { begun, shown, marked } = asked;
  asked = null; // a second key is no second answer
  for (const button of buttons) button.disabled = true;
  const side = Math.max(1, Math.round(picture.getBoundingClientRect().width));
  const reaction = Math.max(0, performance.now() - begun);
  const said = await call("/answer", {
    trial: place.trial, says_real: real, shown_ms: shown, marked, reaction_ms: reaction, shown_px: side,
  });
  if (said.right !== undefined) {
    element("feedback").textContent = said.right ? "That was right." : "That was wrong.";
    await wait(TOLD);
  }
  element("feedback").textContent = "";
  await show(said);
}

const display = async () => ({
  screen: `${screen.width}×${screen.height}`, pixel_ratio: devicePixelRatio, frame_ms: await frameTime(),
});

element("agreed").addEventListener("change", () => { element("join").disabled = !element("agreed").checked; });
element("join").addEventListener("click", guarded(async () => {
  element("join").disabled = true;
  await show(await call("/join", { agreed: true, ...(await display()) }));
}));
element("next").addEventListener("click", guarded(async () => {
  await show(await call("/next", { frame_ms: await frameTime() }));
}));
element("go").addEventListener("click", guarded(ask));
for (const button of buttons) button.addEventListener("click", guarded(() => answer(button.dataset.real === "true")));
document.addEventListener("keydown", guarded(async (event) => {
  const side = ["ArrowLeft", "ArrowRight"].indexOf(event.key);
  if (side < 0 || event.repeat || element("trial").hidden) return;
  event.preventDefault();
  await answer(buttons[side].dataset.real === "true");
}));
guarded(async () => show(await call("/state")))();
