// `en-XA`: the catalogue as a language that nobody speaks, made while the tests build the window. Each letter has an accent
// and each vowel stands twice, which makes a sentence about 40 % longer. The build takes this file for `@fluent/bundle`.
import { FluentBundle as Bundle, FluentResource } from "../node_modules/@fluent/bundle/esm/index.js";

const PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ACCENTED = [..."ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŘŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļṁñöþǫřšţûṽŵẋýž"];

/** One piece of text; what stands in braces never comes here. */
export const pseudo = (text) =>
  text.replace(/[A-Za-z]/g, (letter) => {
    const accented = ACCENTED[PLAIN.indexOf(letter)];
    return /[aeiou]/i.test(letter) ? accented + accented.toLowerCase() : accented;
  });

export class FluentBundle extends Bundle {
  constructor(locales, options) {
    super(locales, { ...options, transform: pseudo });
  }
}

export { FluentResource };
