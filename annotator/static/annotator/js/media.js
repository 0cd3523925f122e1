/** Fetches the sounds and outlines of a page ahead of need, nearest first. */

const AT_ONCE = 2;

export class Media {
  #sounds = new Map();
  #outlines = new Map();

  /** The recording as an address of this page's memory; fetched once, again after a failure. */
  sound(clip) {
    return remember(this.#sounds, clip.preview, async () => {
      const blob = await (await fetchOk(clip.preview)).blob();
      return URL.createObjectURL(blob);
    });
  }

  /** The waveform's outline: `{peaks, peak}` with peaks flat, low and high in turn, -127 to 127. */
  outline(clip) {
    return remember(this.#outlines, clip.peaks, async () => {
      const { peaks } = await (await fetchOk(clip.peaks)).json();
      const highest = peaks.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      return { peaks, peak: highest / 127 };
    });
  }

  /** Fetch all clips, two at a time, in the order given; failures wait for a real request. */
  async prefetch(clips) {
    const left = [...clips];
    const work = async () => {
      for (let clip = left.shift(); clip; clip = left.shift()) {
        await Promise.allSettled([this.sound(clip), this.outline(clip)]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
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
