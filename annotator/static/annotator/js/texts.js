/** The page's sentences, in its language: from the data attributes of `#texts`. */

const { dataset } = document.getElementById("texts") ?? document.body;

/** The sentence of this name with `{n}` and the like filled in. */
export function text(name, values = {}) {
  return fill(dataset[name], values);
}

export function fill(sentence, values) {
  return Object.entries(values).reduce((s, [name, value]) => s.replaceAll(`{${name}}`, value), sentence);
}
