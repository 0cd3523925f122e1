/** Fetches and decodes recordings ahead of need, nearest first.
 *
 * What was fetched stays for the page's life (tens of kilobytes a recording); what was decoded, some
 * megabytes each, is kept up to a budget and made again when it was given up.
 */

import { RATE_HZ } from "./sound_output.js";

const AT_ONCE = 2;
const BUDGET_BYTES = 192e6;
const BYTES_PER_SAMPLE = 4;

export class Media {
  #files = new Map();
  #outlines = new Map();
  #decoded = new Map();
  #worker = null;
  #stretching = new Map();
  #nStretched = 0;

  /** The recording at a speed, pitch kept: `{buffer, peak}`, peak being the largest sample. */
  async sound(clip, speed = 1) {
    const plain = await this.#kept(`${clip.preview} 1`, () => this.#decode(clip));
    if (speed === 1) return plain;
    return this.#kept(`${clip.preview} ${speed}`, () => this.#stretch(plain, speed));
  }

  /** The waveform's outline: flat, low and high in turn, -127 to 127. */
  outline(clip) {
    return remember(this.#outlines, clip.peaks, async () => {
      const { peaks } = await (await fetchOk(clip.peaks)).json();
      return peaks;
    });
  }

  /** Fetch all clips, two at a time, in the order given; failures wait for a real request. */
  async prefetch(clips) {
    const left = [...clips];
    const work = async () => {
      for (let clip = left.shift(); clip; clip = left.shift()) {
        await Promise.allSettled([this.#file(clip), this.outline(clip)]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** Decode these clips at a speed, one after the other, so that they can start at once. */
  async ready(clips, speed) {
    for (const clip of clips) await Promise.allSettled([this.sound(clip, speed), this.outline(clip)]);
  }

  #file(clip) {
    return remember(this.#files, clip.preview, async () => {
      return (await fetchOk(clip.preview)).arrayBuffer();
    });
  }

  async #decode(clip) {
    const file = await this.#file(clip);
    const decoder = new OfflineAudioContext(1, 1, RATE_HZ);
    const buffer = await decoder.decodeAudioData(file.slice(0));
    return { buffer, peak: highestPeak(buffer) };
  }

  #stretch({ buffer, peak }, speed) {
    this.#worker ??= this.#startWorker();
    const id = (this.#nStretched += 1);
    const channels = channelsOf(buffer).map((channel) => channel.slice());
    return new Promise((resolve, reject) => {
      this.#stretching.set(id, {
        reject,
        resolve: (stretched) => resolve({ buffer: bufferOf(stretched), peak }),
      });
      const transfer = channels.map((channel) => channel.buffer);
      this.#worker.postMessage({ id, channels, rateHz: RATE_HZ, speed }, transfer);
    });
  }

  #startWorker() {
    const worker = new Worker(new URL("./time_stretch_worker.js", import.meta.url), {
      type: "module",
    });
    worker.onmessage = ({ data: { id, channels } }) => {
      this.#stretching.get(id).resolve(channels);
      this.#stretching.delete(id);
    };
    worker.onerror = () => {
      this.#stretching.forEach(({ reject }) => reject(new Error("the sound was not stretched")));
      this.#stretching.clear();
      this.#worker = null;
    };
    return worker;
  }

  /** Keep what `make` makes, the latest used last; give up the oldest beyond the budget. */
  #kept(key, make) {
    const made = remember(this.#decoded, key, make);
    this.#decoded.delete(key);
    this.#decoded.set(key, made);
    made.then((sound) => {
      made.n_bytes = sound.buffer.length * sound.buffer.numberOfChannels * BYTES_PER_SAMPLE;
      this.#giveUp();
    }, () => this.#decoded.delete(key));
    return made;
  }

  #giveUp() {
    let total = 0;
    for (const [key, { n_bytes: n = 0 }] of [...this.#decoded].reverse()) {
      total += n;
      if (n && total > BUDGET_BYTES && total > n) this.#decoded.delete(key);
    }
  }
}

/** The recordings of this page, whoever plays them. */
export const media = new Media();

function channelsOf(buffer) {
  return Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c));
}

function bufferOf(channels) {
  const shape = { numberOfChannels: channels.length, length: channels[0].length };
  const buffer = new AudioBuffer({ ...shape, sampleRate: RATE_HZ });
  channels.forEach((channel, c) => buffer.copyToChannel(channel, c));
  return buffer;
}

function highestPeak(buffer) {
  let most = 0;
  for (const channel of channelsOf(buffer)) {
    for (let i = 0; i < channel.length; i += 1) most = Math.max(most, Math.abs(channel[i]));
  }
  return most;
}

function remember(store, key, make) {
  if (!store.has(key)) {
    const made = make();
    store.set(key, made);
    made.catch(() => store.delete(key));
  }
  return store.get(key);
}

async function fetchOk(url) {
  const response = await fetch(url);
  if (!response.ok || response.redirected) throw new Error(`${response.status}`);
  return response;
}
