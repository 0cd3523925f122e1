/** What pages with one large recording share: its view, transport, keys, outbox and saved line. */

import { ClipView } from "./clip_view.js";
import { Keys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Preferences } from "./preferences.js";
import { SavedLine } from "./saved_line.js";
import { SignInHere } from "./sign_in_here.js";
import { setVolume } from "./sound_output.js";
import { text } from "./texts.js";
import { Transport } from "./transport.js";

const byId = (id) => document.getElementById(id);

export function readJson(id) {
  return JSON.parse(byId(id).textContent);
}

/** The outbox of this person, with the line that says how it stands. */
export function openOutbox(user) {
  const outbox = new Outbox(user);
  const signInHere = new SignInHere(byId("sign-in-here"), () => outbox.retryNow());
  new SavedLine(byId("saved"), outbox, () => signInHere.open());
  return outbox;
}

export class ListeningBench {
  #preferences;
  #say;

  /** `clip` plays in `#hear`; `moreKeys` are keys of this page alone; `say` tells the person. */
  constructor(clip, { moreKeys = {}, say }) {
    this.#preferences = new Preferences(readJson("preferences"));
    this.#say = say;
    this.keys = new Keys({ ...moreKeys, ...this.#preferences.keys });
    const place = byId("hear");
    this.view = new ClipView(place.querySelector(".clip-view"), clip);
    this.player = this.view.player;
    setVolume(this.#preferences.volume);
    this.player.setSpeed(this.#preferences.speed);
    this.transport = new Transport(place.querySelector(".transport"), {
      player: this.player,
      view: () => this.view,
      onVolume: (volume) => this.#keep({ volume }),
    });
    this.load();
  }

  /** What its buttons and keys do. */
  get deeds() {
    const { deeds } = this.transport;
    const changeSpeed = (deed) => () => {
      deed();
      this.#keep({ speed: this.player.speed });
    };
    return {
      ...deeds,
      restart: () => (this.player.clip ? this.player.restart() : this.load(true)),
      slower: changeSpeed(deeds.slower),
      faster: changeSpeed(deeds.faster),
    };
  }

  async load(shouldPlay = false) {
    const loaded = this.view.load();
    if (shouldPlay) this.player.play();
    try {
      await loaded;
    } catch {
      this.player.unload();
      this.#say(text("noSound"));
    }
  }

  /** Listen to keys and to the page's `[data-does]` buttons. */
  listen(deeds) {
    this.keys.show();
    this.keys.listen(deeds);
    document.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-does]");
      if (button && !button.closest("dialog")) deeds[button.dataset.does]?.({ shiftKey: false });
    });
  }

  #keep(wished) {
    this.#preferences.saveSoon(wished, (reason) => this.#say(text("notKept", { reason })));
  }
}
