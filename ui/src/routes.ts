import { wrap } from "svelte-spa-router/wrap";
import Connections from "./screens/connections/Connections.svelte";
import NotFound from "./screens/NotFound.svelte";

/** What the window does not begin with. The list of connections is on the screen the sooner, the less there is before it. */
const later = {
  activity: () => import("./screens/activity/Activity.svelte"),
  accounts: () => import("./screens/accounts/Accounts.svelte"),
  attention: () => import("./screens/attention/Attention.svelte"),
  connection: () => import("./screens/connection/Connection.svelte"),
};

/** Loads what somebody will want soon, so that they do not wait for it then. */
export const ahead = () => Promise.all(Object.values(later).map((load) => load()));

/** Every place in the window, as the tray and links name it. What is big and seldom wanted is loaded when it is. */
export const routes = {
  "/": Connections,
  "/connections": Connections,
  "/connections/:id/invitation": wrap({
    asyncComponent: () => import("./screens/initiate/Invitation.svelte"),
  }),
  "/connections/:id/compare/:issue": wrap({
    asyncComponent: () => import("./screens/compare/Compare.svelte"),
  }),
  "/connections/:id/:tab?/:direction?/:line?": wrap({ asyncComponent: later.connection }),
  "/initiate/:step?": wrap({ asyncComponent: () => import("./screens/initiate/Initiate.svelte") }),
  "/accept": wrap({ asyncComponent: () => import("./screens/accept/Accept.svelte") }),
  "/local/:step?": wrap({ asyncComponent: () => import("./screens/local/Local.svelte") }),
  "/activity": wrap({ asyncComponent: later.activity }),
  "/attention": wrap({ asyncComponent: later.attention }),
  "/accounts": wrap({ asyncComponent: later.accounts }),
  "/practice": wrap({ asyncComponent: () => import("./screens/practice/Practice.svelte") }),
  "/settings": wrap({ asyncComponent: () => import("./screens/settings/Settings.svelte") }),
  "/diagnostics": wrap({ asyncComponent: () => import("./screens/diagnostics/Diagnostics.svelte") }),
  "*": NotFound,
};
