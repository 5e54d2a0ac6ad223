// The pictures in docs/pictures, from the same scenes as everything else.
const usual = { theme: "light", width: 1080, height: 720 };

export const PICTURES = [
  { file: "connections-light.png", name: "connections", view: usual },
  { file: "connections-dark.png", name: "connections", view: { ...usual, theme: "dark" } },
  { file: "invitation.png", name: "initiate-5-invitation", view: usual },
];
