/** The one way to the loudspeakers: one audio context, one volume, one player that sounds. */

/** Everything is decoded to this rate and played at it, so that nothing is resampled twice. */
export const RATE_HZ = 48000;
const FADE_S = 0.004;

let context = null;
let volumeNode = null;
let volume = 1;
let sounding = null;

/** The audio context; made on first use, which must follow a key or a touch. */
export function audioContext() {
  if (!context) {
    if (navigator.audioSession) navigator.audioSession.type = "playback";
    context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    volumeNode = new GainNode(context, { gain: volume ** 2 });
    volumeNode.connect(context.destination);
  }
  return context;
}

/** From 0 to 1; the gain is its square, which the ear takes as even steps. */
export function getVolume() {
  return volume;
}

export function setVolume(value) {
  volume = Math.min(1, Math.max(0, value));
  volumeNode?.gain.setTargetAtTime(volume ** 2, context.currentTime, FADE_S);
}

/** Let `player` be the one that sounds, now or once it can; the one before it pauses. */
export function takeStage(player) {
  if (sounding !== player) sounding?.pause();
  sounding = player;
}

/** Start a sound and return a function that ends it; both fade for a few milliseconds.
 *
 * `loop` is `{start_s, end_s}` within the buffer, kept to the sample; `length_s` ends the sound
 * after that much of the buffer; `whenOver` is called once it has run out by itself.
 */
export function startSound(buffer, { gain, offset_s, loop = null, length_s, whenOver }) {
  const source = new AudioBufferSourceNode(context, { buffer });
  const level = new GainNode(context, { gain: 0 });
  source.connect(level).connect(volumeNode);
  const now = context.currentTime;
  level.gain.setValueAtTime(0, now);
  level.gain.linearRampToValueAtTime(gain, now + FADE_S);
  if (loop) {
    Object.assign(source, { loop: true, loopStart: loop.start_s, loopEnd: loop.end_s });
    source.start(now, offset_s);
  } else {
    source.start(now, offset_s, length_s);
  }
  source.onended = whenOver;
  return () => {
    source.onended = null;
    level.gain.cancelScheduledValues(context.currentTime);
    level.gain.setTargetAtTime(0, context.currentTime, FADE_S / 2);
    source.stop(context.currentTime + 4 * FADE_S);
  };
}
