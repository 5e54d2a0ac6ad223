// Places in the window that links lead to.

/** Where an issue and its twin stand side by side; `issue`: its number in the list, our key, or theirs. */
export const beside = (connection: string, issue: string) =>
  `/connections/${connection}/compare/${encodeURIComponent(issue)}`;
