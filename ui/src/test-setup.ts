// jsdom has no layout: what components ask of it is answered here.
Element.prototype.scrollIntoView ??= () => undefined;
