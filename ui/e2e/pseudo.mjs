// `en-XA`: the catalogue as a language that nobody speaks, for gallery and tests alone. Each letter has an accent and each
// vowel stands twice, which makes a sentence about 40 % longer. Their build takes this file for `@fluent/bundle`.
import { FluentBundle as Bundle, FluentResource } from "../node_modules/@fluent/bundle/esm/index.js";

const PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ACCENTED = [..."ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŘŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļṁñöþǫřšţûṽŵẋýž"];

/** One piece of text; what stands in braces never comes here. */
export const pseudo = (text) =>
  text.replace(/[A-Za-z]/g, (letter) => {
    const accented = ACCENTED[PLAIN.indexOf(letter)];
    return /[aeiou]/i.test(letter) ? accented + accented.toLowerCase() : accented;
  });

/** As the real one, until the window is asked to speak `en-XA`. */
export class FluentBundle extends Bundle {
  constructor(locales, options) {
    super(locales, { ...options, transform: (text) => (globalThis.speaksPseudo ? pseudo(text) : text) });
  }
}

export { FluentResource };
