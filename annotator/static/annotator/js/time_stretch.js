/** Changes the speed of a sound and keeps its pitch: waveform-similarity overlap-add (WSOLA).
 *
 * Werner Verhelst and Marc Roelands, "An overlap-add technique based on waveform similarity (WSOLA)
 * for high quality time-scale modification of speech", ICASSP 1993. Frames are laid over each other
 * by half; each is taken, within a tolerance of its due place, where it continues the frame before
 * it best. The two halves are weighted to a sum of one, so that no sample exceeds the loudest of
 * the original. A moment `t` of the original stands at `t / speed`.
 */

const HOP_S = 0.025;
const TOLERANCE_S = 0.0125;
const COARSE = 4;

/** Return new channels (Float32Array each) of length `n / speed`, rounded. */
export function stretch(channels, rateHz, speed) {
  const hop = Math.round(HOP_S * rateHz);
  const tolerance = Math.round(TOLERANCE_S * rateHz);
  const nIn = channels[0].length;
  const nOut = Math.round(nIn / speed);
  const mono = mixDown(channels);
  const out = channels.map(() => new Float32Array(nOut));
  const fadeIn = Float32Array.from({ length: hop }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * i) / hop));
  let follows = 0;
  for (let at = 0; at < nOut; at += hop) {
    const due = Math.round(at * speed);
    const taken = at === 0 ? 0 : bestPlace(mono, follows, due, hop, tolerance);
    channels.forEach((channel, c) => lay(out[c], at, channel, follows, taken, fadeIn, at === 0));
    follows = taken + hop;
  }
  return out;
}

/** Fade over one hop from what follows the frame before to the frame now taken. */
function lay(out, at, channel, follows, taken, fadeIn, isFirst) {
  const n = Math.min(fadeIn.length, out.length - at);
  for (let i = 0; i < n; i += 1) {
    const next = channel[taken + i] ?? 0;
    const before = isFirst ? next : (channel[follows + i] ?? 0);
    out[at + i] = before + fadeIn[i] * (next - before);
  }
}

function bestPlace(mono, follows, due, hop, tolerance) {
  const [first, last] = [Math.max(0, due - tolerance), Math.min(mono.length - hop, due + tolerance)];
  if (follows + hop > mono.length || last <= first) return Math.max(0, Math.min(due, last));
  const coarse = likeliest(mono, follows, first, last, hop, COARSE);
  return likeliest(
    mono, follows, Math.max(first, coarse - COARSE + 1), Math.min(last, coarse + COARSE - 1), hop, 1,
  );
}

/** The place from `first` to `last` whose next hop is most like what follows `follows`. */
function likeliest(mono, follows, first, last, hop, step) {
  let [best, most] = [first, -Infinity];
  for (let place = first; place <= last; place += step) {
    let [product, energy] = [0, 1e-9];
    for (let i = 0; i < hop; i += COARSE) {
      const sample = mono[place + i];
      product += mono[follows + i] * sample;
      energy += sample * sample;
    }
    const likeness = product / Math.sqrt(energy);
    if (likeness > most) [best, most] = [place, likeness];
  }
  return best;
}

function mixDown(channels) {
  if (channels.length === 1) return channels[0];
  const mono = new Float32Array(channels[0].length);
  for (const channel of channels) for (let i = 0; i < mono.length; i += 1) mono[i] += channel[i];
  return mono;
}
