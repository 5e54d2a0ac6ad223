/** One deed at a time behind several buttons: which of them is at work, and what went wrong at last. */
export class Attempt<Which extends string = string> {
  busy = $state<Which>();
  error = $state<unknown>();

  async run(which: Which, deed: () => Promise<unknown>) {
    this.busy = which;
    this.error = undefined;
    try {
      await deed();
    } catch (e) {
      this.error = e;
    }
    this.busy = undefined;
  }
}
