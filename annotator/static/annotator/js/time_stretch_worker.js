/** Stretches sounds beside the page, so that no key waits for it. */

import { stretch } from "./time_stretch.js";

self.onmessage = ({ data: { id, channels, rateHz, speed } }) => {
  const stretched = stretch(channels, rateHz, speed);
  self.postMessage({ id, channels: stretched }, stretched.map(({ buffer }) => buffer));
};
