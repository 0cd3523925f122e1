/** Numbers for people, as the page's language writes them; never for attributes that machines read. */

const formats = new Map();

/** A number with so many decimal places: "0.5" in English, "0,5" in Spanish. */
export function shownNumber(value, nPlaces) {
  if (!formats.has(nPlaces)) formats.set(nPlaces, format(nPlaces));
  return formats.get(nPlaces).format(value);
}

function format(nPlaces) {
  const places = { minimumFractionDigits: nPlaces, maximumFractionDigits: nPlaces };
  return new Intl.NumberFormat(document.documentElement.lang || "en", { ...places, useGrouping: false });
}
