/** Draws a recording: waveform, frequency axis in kHz, time axis in seconds. */

import { shownNumber } from "./shown_numbers.js";

const LOWEST_HZ = 20;
const HIGHEST_HZ = 22050;
const KHZ_TICKS = [0.2, 0.5, 1, 2, 5, 10, 20];
const TIME_STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

/** Slaney's mel scale, on which the rows of the worker's spectrograms stand. */
export function mel(hz) {
  const isLinear = hz < 1000;
  return isLinear ? (hz * 3) / 200 : 15 + (Math.log(hz / 1000) * 27) / Math.log(6.4);
}

/** How far down a frequency stands in the picture, 0 at the top to 1 at the bottom. */
export function depthOf(hz) {
  return (mel(HIGHEST_HZ) - mel(hz)) / (mel(HIGHEST_HZ) - mel(LOWEST_HZ));
}

/** Seconds between two ticks so that at least 64 pixels lie between them. */
export function timeStep(durationS, widthPx) {
  const leastS = (64 * durationS) / widthPx;
  return TIME_STEPS_S.find((step) => step >= leastS) ?? TIME_STEPS_S.at(-1);
}

/** Draw the outline over the whole canvas, at the screen's own resolution. */
export function drawWaveform(canvas, peaks, colour) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (!width || !height) return;
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour;
  const n = peaks.length / 2;
  const loudest = peaks.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const scale = (height / 2 - ratio) / loudest;
  for (let x = 0; x < width; x += 1) {
    const [low, high] = extremes(peaks, (x * n) / width, ((x + 1) * n) / width);
    const top = height / 2 - high * scale;
    pen.fillRect(x, top, 1, Math.max(ratio, (high - low) * scale));
  }
}

function extremes(peaks, from, to) {
  let [low, high] = [127, -127];
  for (let i = Math.floor(from); i < Math.max(Math.floor(from) + 1, to); i += 1) {
    low = Math.min(low, peaks[2 * i]);
    high = Math.max(high, peaks[2 * i + 1]);
  }
  return [low, high];
}

/** Write the frequency axis into `axis` and its lines into `grid`. */
export function drawFrequencyAxis(axis, grid) {
  const depths = KHZ_TICKS.map((khz) => `${(100 * depthOf(1000 * khz)).toFixed(2)}%`);
  axis.replaceChildren(...KHZ_TICKS.map((khz, i) => placed("span", "top", depths[i], labelOf(khz))));
  grid.replaceChildren(...depths.map((depth) => placed("i", "top", depth)));
}

function labelOf(khz) {
  const shown = shownNumber(khz, khz < 1 ? 1 : 0);
  return khz === KHZ_TICKS.at(-1) ? `${shown} kHz` : shown;
}

/** Write the time axis of a recording of `durationS` seconds into `axis`. */
export function drawTimeAxis(axis, durationS) {
  const step = timeStep(durationS, axis.clientWidth || 1);
  const digits = step < 1 ? 1 : 0;
  const ticks = [];
  for (let s = 0; s < durationS - 0.6 * step; s += step) {
    ticks.push(placed("span", "left", `${(100 * s) / durationS}%`, shownNumber(s, digits)));
  }
  ticks.push(placed("span", "left", "100%", `${shownNumber(durationS, 1)} s`));
  axis.replaceChildren(...ticks);
}

function placed(tag, side, value, text = "") {
  const element = document.createElement(tag);
  element.style[side] = value;
  element.textContent = text;
  return element;
}
