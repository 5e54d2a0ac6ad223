// What lies over the screen: the command palette, or the list of keys.
export const overlay = $state<{ shown: "palette" | "keys" | null }>({ shown: null });
